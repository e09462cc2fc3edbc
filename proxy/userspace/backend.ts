import type { Clock } from '#api/clock.ts';
import type { Endpoint, ServicePort } from '../service-port.ts';
import { Affinity } from './affinity.ts';
import type { NodeNetwork } from './node-network.ts';
import { toRanges, type Ranges } from './ranges.ts';

/** By what kind of its addresses a Service's port was reached. */
export type Entrance = 'clusterIP' | 'externalIP' | 'loadBalancer' | 'nodePort';

/** The endpoints that a client may have: all, or this node's. */
export type Scope = 'cluster' | 'local';

/**
 * Where a Service's port leads. Its listeners share it, so that a client has the same endpoint by each of its addresses, and it outlives
 * updates, so that it remembers.
 */
export class Backend {
  readonly #affinity: Affinity;
  readonly #network: NodeNetwork;
  #service: ServicePort;
  /** `namespace/name:port`, for logs and records. */
  readonly title: string;
  #allowed: Ranges | undefined;
  #next = Math.floor(Math.random() * 1000);

  constructor(service: ServicePort, network: NodeNetwork, clock: Clock) {
    this.#affinity = new Affinity(clock);
    this.#network = network;
    this.#service = service;
    const { namespace, service: name, portName, port } = service;
    this.title = `${namespace}/${name}:${portName || port}`;
    this.update(service);
  }

  get service(): ServicePort {
    return this.#service;
  }

  update(service: ServicePort): void {
    this.#service = service;
    this.#affinity.seconds = service.affinitySeconds;
    this.#allowed = service.sourceRanges.length === 0 ? undefined : toRanges(service.sourceRanges);
  }

  /** Nobody serves here any more; connections that there are may not ask for more. */
  retire(): void {
    this.update({ ...this.#service, endpoints: [], localEndpoints: [], servingEndpoints: [] });
  }

  /**
   * What a client may have that came to `address`; undefined: nothing. A client on the node itself has the address as its own, too.
   */
  admit(entrance: Entrance, client: string, address: string): Scope | undefined {
    const scope = this.#scopeOf(entrance, client, address);
    return scope !== undefined && this.#endpoints(scope).length > 0 ? scope : undefined;
  }

  #scopeOf(entrance: Entrance, client: string, address: string): Scope | undefined {
    const { internalTrafficLocal, externalTrafficLocal } = this.#service;
    if (entrance === 'clusterIP') return internalTrafficLocal ? 'local' : 'cluster';
    const own = client === address || this.#network.isOwn(client);
    if (entrance === 'loadBalancer' && !this.#allows(client, own)) return undefined;
    // Traffic from inside is not what `externalTrafficPolicy` is about (kube-proxy's "short-circuit" of Pods and the node itself).
    return externalTrafficLocal && !own && !this.#network.isPod(client) ? 'local' : 'cluster';
  }

  /** Whether what began with the endpoint may go on: also with one that gets nothing new, for as long as it serves. */
  has(endpoint: Endpoint): boolean {
    const { servingEndpoints, endpoints, localEndpoints } = this.#service;
    return [servingEndpoints, endpoints, localEndpoints].some((some) => isAmong(some, endpoint));
  }

  /**
   * Each endpoint in turn, or the one that the client had. `failed`: endpoints that just did not take this connection. undefined: there is
   * no other.
   */
  pick(client: string, scope: Scope, failed: readonly Endpoint[] = []): Endpoint | undefined {
    const all = this.#endpoints(scope);
    const usable = failed.length === 0 ? all : all.filter((endpoint) => !isAmong(failed, endpoint));
    if (usable.length === 0) return undefined;
    if (this.#service.affinitySeconds > 0) return this.#pickFor(client, usable);
    return usable[this.#next++ % usable.length];
  }

  /** Whether `pick` has another one than these. */
  hasOther(scope: Scope, failed: readonly Endpoint[]): boolean {
    return this.#endpoints(scope).some((endpoint) => !isAmong(failed, endpoint));
  }

  #pickFor(client: string, usable: readonly Endpoint[]): Endpoint | undefined {
    const had = this.#affinity.endpointOf(client);
    const endpoint = usable.find((one) => endpointKey(one) === had) ?? usable[this.#next++ % usable.length];
    if (endpoint !== undefined) this.#affinity.remember(client, endpointKey(endpoint));
    return endpoint;
  }

  #endpoints(scope: Scope): readonly Endpoint[] {
    return scope === 'local' ? this.#service.localEndpoints : this.#service.endpoints;
  }

  #allows(client: string, own: boolean): boolean {
    const allowed = this.#allowed;
    if (allowed === undefined || allowed.contains(client)) return true;
    return own && this.#network.ownAddresses.some((ip) => allowed.contains(ip));
  }
}

export const endpointKey = ({ ip, port }: Endpoint): string => `${ip}:${port}`;

const isAmong = (some: readonly Endpoint[], { ip, port }: Endpoint): boolean =>
  some.some((one) => one.ip === ip && one.port === port);
