import { createHash } from 'node:crypto';
import type { Endpoint, ServicePort } from '../service-port.ts';
import type { RuleOptions } from './base-table.ts';
import {
  MARK_CHAIN,
  NAME_LIMIT,
  NO_ENDPOINT_NODEPORTS,
  NO_ENDPOINT_SERVICES,
  REJECT_CHAIN,
  SERVICE_IPS,
  SERVICE_NODEPORTS,
  type VerdictMap,
} from './names.ts';

/** What one Service's port adds to the table. Names say where a thing belongs, so nothing of it is shared with another port. */
export interface ServiceRules {
  /** `namespace/service:port`, for comments. */
  readonly title: string;
  /** Rules by chain. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Set definitions by name. */
  readonly sets: ReadonlyMap<string, string>;
  /** Verdicts by map and key: `service-ips` and `10.96.3.4 . tcp . 80`. */
  readonly elements: ReadonlyMap<
    string,
    { readonly map: VerdictMap; readonly key: string; readonly verdict: string }
  >;
}

/** The rules of one Service's port. Pure: the same port gives the same text. */
export function serviceRules(port: ServicePort, options: RuleOptions): ServiceRules {
  const builder = new RuleBuilder(port);
  addEndpoints(builder, port);
  addClusterIp(builder, port, options);
  addExternal(builder, port, options);
  return builder;
}

class RuleBuilder implements ServiceRules {
  readonly title: string;
  readonly chains = new Map<string, string[]>();
  readonly sets = new Map<string, string>();
  readonly elements = new Map<string, { map: VerdictMap; key: string; verdict: string }>();
  readonly #base: string;

  constructor(port: ServicePort) {
    const protocol = port.protocol.toLowerCase();
    const path = `${port.namespace}/${port.service}/${protocol}/${port.portName || port.port}`;
    // The hash keeps names apart when they are cut, and `a/b` + `c` from `a` + `b/c`.
    this.#base = `${createHash('sha256').update(path).digest('hex').slice(0, 8)}-${path}`;
    this.title = `${port.namespace}/${port.service}${port.portName === '' ? '' : `:${port.portName}`}`;
  }

  name(kind: string, endpoint?: Endpoint): string {
    const suffix = endpoint === undefined ? '' : `__${endpoint.ip}/${endpoint.port}`;
    return `${kind}-${this.#base}`.slice(0, NAME_LIMIT - suffix.length) + suffix;
  }

  element(map: VerdictMap, key: string, verdict: string): void {
    this.elements.set(`${map} ${key}`, { map, key, verdict });
  }
}

function addEndpoints(builder: RuleBuilder, port: ServicePort): void {
  const protocol = port.protocol.toLowerCase();
  for (const endpoint of allEndpoints(port)) {
    const affinity = affinitySet(builder, port, endpoint);
    if (port.affinitySeconds > 0) {
      builder.sets.set(
        affinity,
        `type ipv4_addr; flags dynamic,timeout; timeout ${port.affinitySeconds}s; comment "${builder.title}";`,
      );
    }
    builder.chains.set(builder.name('endpoint', endpoint), [
      // A Pod that reaches itself through its Service: it would not answer its own address.
      `ip saddr ${endpoint.ip} jump ${MARK_CHAIN}`,
      ...(port.affinitySeconds > 0 ? [`update @${affinity} { ip saddr }`] : []),
      `meta l4proto ${protocol} dnat to ${endpoint.ip}:${endpoint.port}`,
    ]);
  }
  if (port.endpoints.length > 0) addSpread(builder, port, 'service', port.endpoints);
  if (usesLocal(port) && port.localEndpoints.length > 0)
    addSpread(builder, port, 'local', port.localEndpoints);
}

/** A set's timeout cannot be changed, so that it is part of the name. */
const affinitySet = (builder: RuleBuilder, port: ServicePort, endpoint: Endpoint): string =>
  builder.name(`affinity-${port.affinitySeconds}s`, endpoint);

const usesLocal = (port: ServicePort): boolean => port.internalTrafficLocal || port.externalTrafficLocal;

/** Those that terminate may be usable on this node although the cluster has better ones. */
function allEndpoints(port: ServicePort): Endpoint[] {
  const every = [...port.endpoints, ...(usesLocal(port) ? port.localEndpoints : [])];
  return [...new Map(every.map((endpoint) => [`${endpoint.ip}:${endpoint.port}`, endpoint])).values()];
}

/** A chain that picks one of the endpoints: the one that the client had, or any with equal chance. */
function addSpread(
  builder: RuleBuilder,
  port: ServicePort,
  kind: 'service' | 'local',
  endpoints: readonly Endpoint[],
): void {
  const sticky =
    port.affinitySeconds === 0
      ? []
      : endpoints.map(
          (endpoint) =>
            `ip saddr @${affinitySet(builder, port, endpoint)} goto ${builder.name('endpoint', endpoint)}`,
        );
  const choices = endpoints.map((endpoint, index) => `${index} : goto ${builder.name('endpoint', endpoint)}`);
  builder.chains.set(builder.name(kind), [
    ...sticky,
    `numgen random mod ${choices.length} vmap { ${choices.join(', ')} }`,
  ]);
}

function addClusterIp(
  builder: RuleBuilder,
  port: ServicePort,
  { clusterPodCidrs: [clusterPodCidr = ''] }: RuleOptions,
): void {
  const key = `${port.clusterIp} . ${port.protocol.toLowerCase()} . ${port.port}`;
  const verdict = refusal(port, port.internalTrafficLocal);
  if (verdict !== undefined) return builder.element(NO_ENDPOINT_SERVICES, key, verdict);
  const chain = builder.name('cluster');
  builder.chains.set(chain, [
    // Who is not a Pod may have no route back to one.
    `ip saddr != ${clusterPodCidr} jump ${MARK_CHAIN}`,
    `goto ${builder.name(port.internalTrafficLocal ? 'local' : 'service')}`,
  ]);
  builder.element(SERVICE_IPS, key, `goto ${chain}`);
}

function addExternal(builder: RuleBuilder, port: ServicePort, options: RuleOptions): void {
  const protocol = port.protocol.toLowerCase();
  const addresses = [...port.externalIps, ...port.loadBalancerIps].filter((ip) => ip !== port.clusterIp);
  if (addresses.length === 0 && port.nodePort === 0) return;
  const verdict = refusal(port, port.externalTrafficLocal);
  const chain = builder.name('external');
  // With endpoints elsewhere the chain still serves Pods and the node itself.
  if (port.endpoints.length > 0) builder.chains.set(chain, externalChain(builder, port, options));
  for (const ip of addresses) {
    const key = `${ip} . ${protocol} . ${port.port}`;
    if (port.endpoints.length > 0) builder.element(SERVICE_IPS, key, `goto ${chain}`);
    if (verdict !== undefined) builder.element(NO_ENDPOINT_SERVICES, key, verdict);
  }
  if (port.nodePort === 0) return;
  const key = `${protocol} . ${port.nodePort}`;
  if (port.endpoints.length > 0) builder.element(SERVICE_NODEPORTS, key, `goto ${chain}`);
  if (verdict !== undefined) builder.element(NO_ENDPOINT_NODEPORTS, key, verdict);
}

/** `externalTrafficPolicy: Local` keeps the client's address, so only an endpoint here can answer; else the answer must pass this node. */
function externalChain(
  builder: RuleBuilder,
  port: ServicePort,
  { clusterPodCidrs: [clusterPodCidr = ''] }: RuleOptions,
): string[] {
  if (!port.externalTrafficLocal) return [`jump ${MARK_CHAIN}`, `goto ${builder.name('service')}`];
  return [
    // Pods and the node reach every endpoint, as if by the ClusterIP.
    `ip saddr ${clusterPodCidr} goto ${builder.name('service')}`,
    `fib saddr type local jump ${MARK_CHAIN}`,
    `fib saddr type local goto ${builder.name('service')}`,
    ...(port.localEndpoints.length > 0 ? [`goto ${builder.name('local')}`] : []),
  ];
}

/**
 * What is done with packets that no endpoint takes; undefined: there is one. A policy `Local` drops when the endpoints are elsewhere, so that
 * load balancers find the node dead rather than the Service (KEP-1669, KEP-2086).
 */
function refusal(port: ServicePort, local: boolean): string | undefined {
  if (port.endpoints.length === 0) return `goto ${REJECT_CHAIN}`;
  return local && port.localEndpoints.length === 0 ? 'drop' : undefined;
}
