import type { Liveness } from '../liveness/watch-peers.ts';
import { rendezvous } from '../rendezvous.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { usableEndpoints } from '../state/endpoints.ts';
import type { ServiceInfo } from '../state/objects.ts';

/** Without hints: the outside is in no zone. */
const NOWHERE = { nodeName: '', zone: '' };

const readyNodes = (state: ClusterState): string[] =>
  [...state.nodes.values()]
    .filter((node) => node.ready)
    .map((node) => node.name)
    .sort();

/** The Ready nodes whose process does its work, sorted. */
export const actingNodes = (state: ClusterState, liveness: Liveness): string[] =>
  readyNodes(state).filter((node) => liveness.acts(node));

/**
 * The nodes that can take a Service's outside traffic: the Ready ones that are not known to be dead; under `externalTrafficPolicy: Local`
 * those of them that have an endpoint, as in MetalLB's layer 2 mode.
 */
export function entryNodes(state: ClusterState, service: ServiceInfo, liveness: Liveness): string[] {
  const ready = readyNodes(state).filter((node) => liveness.carries(node));
  if (!service.externalTrafficLocal) return ready;
  const slices = [...state.slicesOf(`${service.namespace}/${service.name}`)];
  const serving = new Set(
    service.ports.flatMap((port) =>
      usableEndpoints(slices, port, NOWHERE).endpoints.map(({ nodeName }) => nodeName),
    ),
  );
  return ready.filter((node) => serving.has(node));
}

/** The LoadBalancer addresses that this node has to hold and to announce. */
export function addressesOfSpeaker(state: ClusterState, nodeName: string, liveness: Liveness): string[] {
  const spoken = [...state.services.values()].flatMap((service) =>
    service.loadBalancerIps.filter((ip) => rendezvous(ip, entryNodes(state, service, liveness)) === nodeName),
  );
  return [...new Set(spoken)].sort();
}
