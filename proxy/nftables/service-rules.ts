import { createHash } from 'node:crypto';
import { joinHostPort } from '#api/ip.ts';
import type { Endpoint, ServicePort } from '../service-port.ts';
import type { RuleOptions } from './base-table.ts';
import { firewallChain } from './firewall.ts';
import {
  AFFINITY_PREFIX,
  COMMENT_LIMIT,
  FIREWALL_IPS,
  MARK_CHAIN,
  NAME_LIMIT,
  NFT_FAMILIES,
  NO_ENDPOINT_NODEPORTS,
  NO_ENDPOINT_SERVICES,
  REJECT_CHAIN,
  SERVICE_IPS,
  SERVICE_NODEPORTS,
  type VerdictMap,
} from './names.ts';

/** What one Service's port adds to its family's table. Names say where a thing belongs: only hairpins may be another port's too. */
export interface ServiceRules {
  readonly chains: ReadonlyMap<string, Chain>;
  /** Set definitions by name. */
  readonly sets: ReadonlyMap<string, string>;
  /** By map and key: `service-ips` and `10.96.3.4 . tcp . 80`. */
  readonly elements: ReadonlyMap<string, MapElement>;
  /** Addresses of endpoints that may reach themselves. */
  readonly hairpins: ReadonlySet<string>;
}

export interface Chain {
  readonly comment: string;
  readonly rules: readonly string[];
}

interface MapElement {
  readonly map: VerdictMap;
  readonly key: string;
  readonly comment: string;
  readonly verdict: string;
}

/** The rules of one Service's port. Pure: the same port gives the same text. */
export function serviceRules(port: ServicePort, options: RuleOptions): ServiceRules {
  const builder = new RuleBuilder(port, options);
  addEndpoints(builder);
  addClusterIp(builder);
  addExternal(builder);
  return builder;
}

class RuleBuilder implements ServiceRules {
  readonly port: ServicePort;
  readonly options: RuleOptions;
  readonly protocol: string;
  /** `ip` or `ip6`. */
  readonly ip: string;
  readonly chains = new Map<string, Chain>();
  readonly sets = new Map<string, string>();
  readonly elements = new Map<string, MapElement>();
  readonly hairpins = new Set<string>();
  readonly #title: string;
  readonly #base: string;

  constructor(port: ServicePort, options: RuleOptions) {
    this.port = port;
    this.options = options;
    this.protocol = port.protocol.toLowerCase();
    this.ip = NFT_FAMILIES[port.family].ip;
    const path = `${port.namespace}/${port.service}/${this.protocol}/${port.portName || port.port}`;
    // The hash keeps names apart when they are cut, and `a/b` + `c` from `a` + `b/c`.
    this.#base = `${createHash('sha256').update(path).digest('hex').slice(0, 8)}-${path}`;
    this.#title = `${port.namespace}/${port.service}${port.portName === '' ? '' : `:${port.portName}`}`;
  }

  name(kind: string, endpoint?: Endpoint): string {
    // A name may hold no colon.
    const suffix = endpoint === undefined ? '' : `__${endpoint.ip.replaceAll(':', '.')}/${endpoint.port}`;
    return `${kind}-${this.#base}`.slice(0, NAME_LIMIT - suffix.length) + suffix;
  }

  comment(what = ''): string {
    return this.#title.slice(0, COMMENT_LIMIT - what.length) + what;
  }

  chain(name: string, what: string, rules: readonly string[]): void {
    this.chains.set(name, { comment: this.comment(what), rules });
  }

  element(map: VerdictMap, key: string, verdict: string): void {
    this.elements.set(`${map} ${key}`, { map, key, verdict, comment: this.comment() });
  }

  /** `service-ips`' kind of key. */
  destination(ip: string): string {
    return `${ip} . ${this.protocol} . ${this.port.port}`;
  }
}

function addEndpoints(builder: RuleBuilder): void {
  const { port } = builder;
  const local = usesLocal(port) ? port.localEndpoints : [];
  for (const { ip, local: here, nodeName } of [...port.endpoints, ...local])
    if (here || nodeName === '') builder.hairpins.add(ip);
  if (port.affinitySeconds > 0) addAffinity(builder, [...port.endpoints, ...local]);
  if (port.endpoints.length > 0)
    builder.chain(builder.name('service'), ', to any of its endpoints', [
      // Who is not a Pod may have no route back to one.
      `${builder.ip} saddr != ${builder.options.clusterPodCidr} jump ${MARK_CHAIN}`,
      ...spread(builder, port.endpoints),
    ]);
  if (local.length > 0)
    builder.chain(builder.name('local'), ', to its endpoints on this node', spread(builder, local));
}

const usesLocal = (port: ServicePort): boolean => port.internalTrafficLocal || port.externalTrafficLocal;

/**
 * Rules that send a connection to one of the endpoints, with equal chance or to the one that the client had. A packet that is in the chain at the
 * very moment when it is replaced finds the old map empty (the kernel looks at the time again for each set): for it there is the last rule,
 * without which some connections in a thousand changes under load were refused.
 */
function spread(builder: RuleBuilder, endpoints: readonly Endpoint[]): string[] {
  const { protocol, ip, port } = builder;
  const [first, ...others] = endpoints;
  if (first === undefined) return [];
  const sticky = port.affinitySeconds > 0;
  const chainOf = (endpoint: Endpoint): string => builder.name('endpoint', endpoint);
  const last = sticky ? `goto ${chainOf(first)}` : `meta l4proto ${protocol} dnat to ${destinationOf(first)}`;
  const had = (endpoint: Endpoint): string =>
    `${ip} saddr @${affinitySet(builder, endpoint)} goto ${chainOf(endpoint)}`;
  const known = sticky ? endpoints.map(had) : [];
  if (others.length === 0) return [last];
  const choice = (endpoint: Endpoint, index: number): string =>
    `${index} : ${sticky ? `goto ${chainOf(endpoint)}` : `${endpoint.ip} . ${endpoint.port}`}`;
  const choices = `{ ${endpoints.map(choice).join(', ')} }`;
  const any = `numgen random mod ${endpoints.length}`;
  return [
    ...known,
    sticky ? `${any} vmap ${choices}` : `meta l4proto ${protocol} dnat to ${any} map ${choices}`,
    `${last} comment "while the rules are being replaced"`,
  ];
}

const destinationOf = ({ ip, port }: Endpoint): string => joinHostPort(ip, port);

/** Each endpoint gets a chain that remembers the client, and the set where it does. Using the set again makes the timeout begin again. */
function addAffinity(builder: RuleBuilder, endpoints: readonly Endpoint[]): void {
  const { addressType } = NFT_FAMILIES[builder.port.family];
  for (const endpoint of endpoints) {
    const set = affinitySet(builder, endpoint);
    const definition = `type ${addressType}; flags dynamic,timeout; timeout ${builder.port.affinitySeconds}s;`;
    builder.sets.set(set, `${definition} comment "${builder.comment(', clients of this endpoint')}";`);
    builder.chain(builder.name('endpoint', endpoint), ', to one endpoint', [
      `update @${set} { ${builder.ip} saddr }`,
      `meta l4proto ${builder.protocol} dnat to ${destinationOf(endpoint)}`,
    ]);
  }
}

/** A set's timeout cannot be changed, so that it is part of the name. */
const affinitySet = (builder: RuleBuilder, endpoint: Endpoint): string =>
  builder.name(`${AFFINITY_PREFIX}${builder.port.affinitySeconds}s`, endpoint);

function addClusterIp(builder: RuleBuilder): void {
  const { port } = builder;
  const key = builder.destination(port.clusterIp);
  const verdict = refusal(port, port.internalTrafficLocal);
  if (verdict !== undefined) return builder.element(NO_ENDPOINT_SERVICES, key, verdict);
  if (!port.internalTrafficLocal) return builder.element(SERVICE_IPS, key, `goto ${builder.name('service')}`);
  const chain = builder.name('internal');
  builder.chain(chain, ', internalTrafficPolicy Local', [
    `${builder.ip} saddr != ${builder.options.clusterPodCidr} jump ${MARK_CHAIN}`,
    `goto ${builder.name('local')}`,
  ]);
  builder.element(SERVICE_IPS, key, `goto ${chain}`);
}

function addExternal(builder: RuleBuilder): void {
  const { port, options, protocol } = builder;
  const addresses = [...port.externalIps, ...port.loadBalancerIps];
  if (port.loadBalancerIps.length > 0 && port.sourceRanges.length > 0) {
    const chain = builder.name('firewall');
    builder.chain(chain, ', loadBalancerSourceRanges', firewallChain(port, options));
    for (const ip of port.loadBalancerIps)
      builder.element(FIREWALL_IPS, builder.destination(ip), `goto ${chain}`);
  }
  if (addresses.length === 0 && port.nodePort === 0) return;
  const verdict = refusal(port, port.externalTrafficLocal);
  const chain = builder.name('external');
  const served = port.endpoints.length > 0;
  // With endpoints elsewhere the chain still serves Pods and the node itself.
  if (served) builder.chain(chain, ', from outside', externalChain(builder));
  for (const ip of addresses) {
    if (served) builder.element(SERVICE_IPS, builder.destination(ip), `goto ${chain}`);
    if (verdict !== undefined) builder.element(NO_ENDPOINT_SERVICES, builder.destination(ip), verdict);
  }
  if (port.nodePort === 0) return;
  const key = `${protocol} . ${port.nodePort}`;
  if (served) builder.element(SERVICE_NODEPORTS, key, `goto ${chain}`);
  if (verdict !== undefined) builder.element(NO_ENDPOINT_NODEPORTS, key, verdict);
}

/** `externalTrafficPolicy: Local` keeps the client's address, so only an endpoint here can answer; else the answer must pass this node. */
function externalChain(builder: RuleBuilder): string[] {
  const { port, ip, options } = builder;
  const service = `goto ${builder.name('service')}`;
  if (!port.externalTrafficLocal) return [`jump ${MARK_CHAIN}`, service];
  return [
    // Pods and the node reach every endpoint, as if by the ClusterIP.
    `${ip} saddr ${options.clusterPodCidr} ${service}`,
    `fib saddr type local jump ${MARK_CHAIN}`,
    `fib saddr type local ${service}`,
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
