import { rfc3339 } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import type { Liveness } from './liveness/watch-peers.ts';
import { entryNodes } from './load-balancer/speaker.ts';
import { rendezvous } from './rendezvous.ts';
import type { ClusterState } from './state/cluster-state.ts';

const COMPONENT = 'podlab-proxy';

/** A Service's NodePort, to be reached on the host as `127.0.0.1:port`. */
export interface HostPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The node that takes the traffic, by its internal address. */
  readonly nodeIp: string;
  readonly service: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/** A port that could not be had on the host. */
export interface Refusal {
  readonly port: HostPort;
  readonly why: string;
}

/** Publishes ports on the host. Implemented on Docker by the agent. */
export interface PortPublisher {
  /**
   * Makes the host's ports be as wanted, as far as they are this node's to look after (`leads`); others are left alone. Resolves with those that
   * the host refused. Rejects when the engine could not be asked; the caller tries again. Calls do not overlap.
   */
  sync(
    wanted: readonly HostPort[],
    leads: (protocol: 'tcp' | 'udp', port: number) => boolean,
  ): Promise<readonly Refusal[]>;
}

/** Whether this node looks after the port: one node does, and another one when it fails. */
export const leadsPort = (
  actingNodes: readonly string[],
  nodeName: string,
  protocol: 'tcp' | 'udp',
  port: number,
): boolean => rendezvous(`${protocol}/${port}`, actingNodes) === nodeName;

/** Every NodePort that somebody can take the traffic of, sorted by port. */
export function planHostPorts(state: ClusterState, liveness: Liveness): HostPort[] {
  return [...state.services.values()]
    .flatMap((service) =>
      service.ports.flatMap(({ nodePort, protocol: name }): HostPort[] => {
        const protocol = name === 'UDP' ? 'udp' : 'tcp';
        const node = rendezvous(`${protocol}/${nodePort}`, entryNodes(state, service, liveness));
        const nodeIp = state.nodes.get(node ?? '')?.internalIps[0] ?? '';
        if (nodePort === 0 || name === 'SCTP' || nodeIp === '') return [];
        const { namespace, name: serviceName, uid } = service;
        return [{ protocol, port: nodePort, nodeIp, service: { namespace, name: serviceName, uid } }];
      }),
    )
    .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

/** What a person sees in `kubectl describe service`. `now`: milliseconds since the epoch. */
export function refusalEvent({ port, why }: Refusal, nodeName: string, now: number): Partial<CoreV1Event> {
  const { namespace, name, uid } = port.service;
  const time = rfc3339(now);
  return {
    metadata: { namespace },
    type: 'Warning',
    reason: 'HostPortNotPublished',
    message: `Cannot publish node port ${port.port} on the host's 127.0.0.1: ${why}. It still answers on the nodes' addresses.`,
    involvedObject: { kind: 'Service', apiVersion: 'v1', namespace, name, uid },
    source: { component: COMPONENT, host: nodeName },
    reportingComponent: COMPONENT,
    reportingInstance: nodeName,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
