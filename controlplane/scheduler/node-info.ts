import type { ContainerPort } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Pod } from './framework.ts';
import { add, nonZeroPodRequests, podRequests, toAmounts, type Amounts } from './resources.ts';

export type Node = Kinds['nodes'];

/** A Pod on a node, with what the plugins ask of it again and again. */
export interface PodInfo {
  readonly pod: Pod;
  readonly requests: Amounts;
  readonly nonZeroRequests: Amounts;
  readonly hostPorts: readonly ContainerPort[];
}

const newPodInfo = (pod: Pod): PodInfo => ({
  pod,
  requests: podRequests(pod),
  nonZeroRequests: nonZeroPodRequests(pod),
  hostPorts: hostPortsOf(pod),
});

/** The ports that the Pod takes of its node's own (scheduler `util.GetHostPorts`). */
export function hostPortsOf(pod: Pod): ContainerPort[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap(({ ports }) =>
    (ports ?? []).filter(({ hostPort }) => (hostPort ?? 0) > 0),
  );
}

/** A node and the Pods on it, those included that are only assumed to be there. */
export class NodeInfo {
  readonly name: string;
  /** Undefined while Pods name a node that does not exist. */
  node: Node | undefined;
  allocatable: Amounts = new Map();
  readonly requested: Amounts = new Map();
  readonly nonZeroRequested: Amounts = new Map();
  readonly #pods = new Map<string, PodInfo>();

  constructor(name: string) {
    this.name = name;
  }

  get pods(): Iterable<PodInfo> {
    return this.#pods.values();
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get labels(): { readonly [key: string]: string } {
    return this.node?.metadata.labels ?? {};
  }

  setNode(node: Node | undefined): void {
    this.node = node;
    this.allocatable = toAmounts(node?.status?.allocatable);
  }

  addPod(pod: Pod): void {
    const info = newPodInfo(pod);
    this.#pods.set(pod.metadata.uid, info);
    add(this.requested, info.requests);
    add(this.nonZeroRequested, info.nonZeroRequests);
  }

  removePod(uid: string): void {
    const info = this.#pods.get(uid);
    if (info === undefined) return;
    this.#pods.delete(uid);
    add(this.requested, info.requests, -1);
    add(this.nonZeroRequested, info.nonZeroRequests, -1);
  }
}
