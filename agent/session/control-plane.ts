import type {
  AuthenticationV1TokenRequest,
  CoreV1Event,
  ConfigMap,
  NodeStatus,
  PodStatus,
  Secret,
} from '#api/gen/types.ts';
import type { Kinds, Stored } from '#api/resources.ts';
import type { Peer } from '../network/pod-network.ts';
import type { OpenStream__Output } from '#proto/gen/podlab/v1/OpenStream.ts';

/** The control plane as the rest of the agent sees it; the session keeps the connection, reconnects and sends again what was not heard. */
export interface ControlPlane {
  /** The newest status of a Pod wins: an older one that was not yet acknowledged is forgotten. */
  reportPodStatus(pod: PodRef, status: PodStatus): void;
  /** Nothing is left of a Pod that was being deleted. Sent until the control plane says that the Pod is gone. */
  reportTerminated(pod: PodRef): void;
  reportNodeStatus(status: NodeStatus): void;
  /** Dropped when not connected for long: events are best effort. */
  recordEvent(event: Partial<CoreV1Event>): void;
  /** undefined: there is none. Rejects when the control plane cannot be asked now. */
  getObject(resource: 'configmaps', namespace: string, name: string): Promise<Stored<ConfigMap> | undefined>;
  getObject(resource: 'secrets', namespace: string, name: string): Promise<Stored<Secret> | undefined>;
  /** A token of the Pod's ServiceAccount, bound to the Pod. Without audiences it is for the API server. Rejects as `getObject`. */
  requestToken(
    pod: PodRef,
    spec: { audiences: readonly string[]; expirationSeconds: number },
  ): Promise<AuthenticationV1TokenRequest>;
}

/** What the control plane asks of the agent. */
export interface AgentHandlers {
  registered(cluster: ClusterInfo): Promise<void>;
  podDesired(pod: Kinds['pods']): void;
  podGone(pod: PodRef): void;
  /** After (re)connecting: every Pod of this node has been named by `podDesired`; others are to be removed. */
  podsSynced(): void;
  peers(peers: readonly Peer[]): void;
  openStream(request: OpenStream__Output): void;
  /** The client of this stream is gone. */
  closeStream?(streamId: string): void;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface ClusterInfo {
  readonly node: Kinds['nodes'];
  /** One of each IP family that the cluster has, the primary family's first; the same for what follows. */
  readonly podCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
}
