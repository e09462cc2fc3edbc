import { familyOf } from '#api/ip.ts';
import type { ClusterState } from '../state/cluster-state.ts';

export interface Answer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const HEADERS = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };

/**
 * What a load balancer hears on a Service's health check node port: whether this node has a ready endpoint, and how many (kube-proxy
 * `pkg/proxy/healthcheck/service_health.go`).
 */
export function serviceAnswer(
  service: { readonly namespace: string; readonly name: string },
  localEndpoints: number,
  healthy: boolean,
): Answer {
  const { namespace, name } = service;
  const facts = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: healthy };
  return {
    status: localEndpoints > 0 && healthy ? 200 : 503,
    headers: { ...HEADERS, 'X-Load-Balancing-Endpoint-Weight': String(localEndpoints) },
    body: JSON.stringify(facts, undefined, '\t'),
  };
}

/**
 * A Service's ready endpoints on this node, by address, in its primary family. Those that drain do not count although they still serve: load
 * balancers are to look elsewhere (KEP-1669).
 */
export function localReadyEndpoints(state: ClusterState, key: string, nodeName: string): number {
  const family = familyOf(state.services.get(key)?.clusterIps[0] ?? '');
  const ips = new Set<string>();
  for (const slice of state.slicesOf(key)) {
    if (slice.family !== family || slice.ports.length === 0) continue;
    for (const { ready, nodeName: node, addresses } of slice.endpoints)
      if (ready && node === nodeName && addresses[0] !== undefined) ips.add(addresses[0]);
  }
  return ips.size;
}

/** What `curl localhost:10249/proxyMode` says on a node, and whether anybody is there to ask (kube-proxy's metrics server). */
export function statusAnswer(path: string, mode: string): Answer | undefined {
  const bodies: Readonly<Record<string, string>> = { '/proxyMode': mode, '/healthz': 'ok' };
  const body = Object.hasOwn(bodies, path) ? bodies[path] : undefined;
  if (body === undefined) return undefined;
  return { status: 200, headers: { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

interface ProxyFacts {
  readonly healthy: boolean;
  /** Milliseconds since the epoch, as the next. */
  readonly lastUpdated: number;
  readonly now: number;
}

/** `/healthz`: whether load balancers should send to this node. A node that is about to go should get nothing new. */
export const healthzAnswer = ({ healthy, lastUpdated, now }: ProxyFacts, nodeEligible: boolean): Answer => ({
  status: healthy && nodeEligible ? 200 : 503,
  headers: HEADERS,
  body: `{"lastUpdated": "${goTime(lastUpdated)}","currentTime": "${goTime(now)}", "nodeEligible": ${nodeEligible}}`,
});

/** `/livez`: whether the proxy does its work. */
export const livezAnswer = ({ healthy, lastUpdated, now }: ProxyFacts): Answer => ({
  status: healthy ? 200 : 503,
  headers: HEADERS,
  body: `{"lastUpdated": "${goTime(lastUpdated)}","currentTime": "${goTime(now)}"}`,
});

/** As Go prints a time in UTC. */
const goTime = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC');
