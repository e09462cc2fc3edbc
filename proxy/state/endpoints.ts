import type { Endpoint, ServicePort } from '../service-port.ts';
import type { SliceEndpoint, SliceInfo } from './objects.ts';

/** The node that asks: hints name nodes and zones. */
export interface Place {
  readonly nodeName: string;
  /** '' when the node has none. */
  readonly zone: string;
  /** See `ClusterState.goneNodes`. */
  readonly goneNodes?: ReadonlySet<string>;
}

interface Candidate {
  readonly key: string;
  readonly endpoint: Endpoint;
  readonly from: SliceEndpoint;
}

/**
 * The endpoints that traffic may go to (kube-proxy `pkg/proxy/topology.go`, `CategorizeEndpoints`): the ready ones, of which `endpoints` has
 * those that hints give to this node; when none is ready, those that terminate and still serve (KEP-1669), for `endpoints` and
 * `localEndpoints` each by itself. What is on nodes that are gone does not count as long as any other is ready. Sorted by address; an address that two slices name counts once. The slices are of one IP family.
 */
export function usableEndpoints(
  slices: Iterable<SliceInfo>,
  port: { readonly name: string; readonly protocol: string },
  place: Place,
): Pick<ServicePort, 'endpoints' | 'localEndpoints' | 'servingEndpoints'> {
  const all = notGone(candidates(slices, port, place.nodeName), place.goneNodes);
  const ready = all.filter(({ from }) => from.ready);
  return {
    endpoints: endpointsOf(
      ready.length > 0 ? ready.filter(hintFilter(ready, place)) : all.filter(isDraining),
    ),
    localEndpoints: endpointsOf(readyOrDraining(all.filter(({ endpoint }) => endpoint.local))),
    servingEndpoints: endpointsOf(all.filter(({ from }) => from.ready || from.serving)),
  };
}

/** Without any other ready endpoint it is left to the control plane: this node may be the one that was cut off. */
function notGone(all: readonly Candidate[], gone: ReadonlySet<string> = new Set()): readonly Candidate[] {
  if (gone.size === 0) return all;
  const left = all.filter(({ from }) => !gone.has(from.nodeName));
  return left.some(({ from }) => from.ready) ? left : all;
}

const isDraining = ({ from }: Candidate): boolean => from.serving && from.terminating;

function readyOrDraining(all: readonly Candidate[]): readonly Candidate[] {
  const ready = all.filter(({ from }) => from.ready);
  return ready.length > 0 ? ready : all.filter(isDraining);
}

const endpointsOf = (all: readonly Candidate[]): Endpoint[] => all.map(({ endpoint }) => endpoint);

/**
 * Hints count only if every ready endpoint has one and one is for this place: nodes before zones; otherwise every endpoint may be used
 * (`topologyModeFromHints`).
 */
function hintFilter(ready: readonly Candidate[], { nodeName, zone }: Place): (one: Candidate) => boolean {
  for (const [hints, here] of [
    ['forNodes', nodeName],
    ['forZones', zone],
  ] as const) {
    const isHere = ({ from }: Candidate): boolean => from[hints].includes(here);
    if (ready.every(({ from }) => from[hints].length > 0) && ready.some(isHere)) return isHere;
  }
  return () => true;
}

function candidates(
  slices: Iterable<SliceInfo>,
  port: { readonly name: string; readonly protocol: string },
  nodeName: string,
): Candidate[] {
  const byAddress = new Map<string, Candidate>();
  for (const slice of slices) {
    for (const target of slice.ports) {
      if (target.name !== port.name || target.protocol !== port.protocol) continue;
      for (const from of slice.endpoints) {
        const candidate = toCandidate(from, target.port, nodeName);
        if (candidate === undefined) continue;
        const known = byAddress.get(candidate.key);
        if (known === undefined || usefulness(from) > usefulness(known.from))
          byAddress.set(candidate.key, candidate);
      }
    }
  }
  return [...byAddress.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** An address may be named by a Pod that goes and by the one that got it next: the one that serves counts. */
const usefulness = ({ ready, serving }: SliceEndpoint): number => (ready ? 2 : serving ? 1 : 0);

function toCandidate(from: SliceEndpoint, port: number, node: string): Candidate | undefined {
  // discovery/v1: "consumers should only use the first address".
  const ip = from.addresses[0];
  if (ip === undefined) return undefined;
  const { nodeName, pod } = from;
  return {
    key: `${ip}:${port}`,
    endpoint: {
      ip,
      port,
      nodeName,
      local: nodeName !== '' && nodeName === node,
      ...(pod === '' ? {} : { pod }),
    },
    from,
  };
}
