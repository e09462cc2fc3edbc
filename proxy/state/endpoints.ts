import type { Endpoint } from '../service-port.ts';
import type { SliceEndpoint, SliceInfo } from './objects.ts';

interface Candidate extends Endpoint {
  readonly ready: boolean;
  readonly servingTerminating: boolean;
}

/**
 * The endpoints that traffic may go to: the ready ones; when there is none, those that terminate and still serve
 * (kube-proxy `pkg/proxy/topology.go`, KEP-1669). Sorted by address; an address that two slices name counts once.
 */
export function usableEndpoints(
  slices: Iterable<SliceInfo>,
  port: { readonly name: string; readonly protocol: string },
  nodeName: string,
): { endpoints: Endpoint[]; localEndpoints: Endpoint[] } {
  const all = candidates(slices, port, nodeName);
  return {
    endpoints: readyOrServing(all),
    localEndpoints: readyOrServing(all.filter((candidate) => candidate.local)),
  };
}

function readyOrServing(all: readonly Candidate[]): Endpoint[] {
  const ready = all.filter((candidate) => candidate.ready);
  const usable = ready.length > 0 ? ready : all.filter((candidate) => candidate.servingTerminating);
  return usable.map(({ ip, port, nodeName, local }) => ({ ip, port, nodeName, local }));
}

function candidates(
  slices: Iterable<SliceInfo>,
  port: { readonly name: string; readonly protocol: string },
  nodeName: string,
): Candidate[] {
  const byAddress = new Map<string, Candidate>();
  for (const slice of slices) {
    const target = slice.ports.find((one) => one.name === port.name && one.protocol === port.protocol);
    if (target === undefined) continue;
    for (const endpoint of slice.endpoints) {
      const candidate = toCandidate(endpoint, target.port, nodeName);
      if (candidate === undefined) continue;
      const key = `${candidate.ip}:${candidate.port}`;
      if (byAddress.get(key)?.ready !== true) byAddress.set(key, candidate);
    }
  }
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function toCandidate(endpoint: SliceEndpoint, port: number, nodeName: string): Candidate | undefined {
  // discovery/v1: "consumers should only use the first address".
  const ip = endpoint.addresses[0];
  if (ip === undefined) return undefined;
  return {
    ip,
    port,
    nodeName: endpoint.nodeName,
    local: endpoint.nodeName === nodeName,
    ready: endpoint.ready,
    servingTerminating: endpoint.serving && endpoint.terminating,
  };
}
