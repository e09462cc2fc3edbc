import type { Clock } from '#api/clock.ts';
import type { HttpBackend, HttpService } from '#api/http-routes.ts';
import type { Endpoint } from '../service-port.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { usableEndpoints } from '../state/endpoints.ts';
import { Balancer, isAmong } from './balancer.ts';

/** By weight, at random (HTTPRoute: "proportion of requests forwarded"). undefined: no backend gets any. */
export function pickBackend(
  backends: readonly HttpBackend[],
  random: () => number = Math.random,
): HttpBackend | undefined {
  if (backends.length === 1) return backends[0]!.weight > 0 ? backends[0] : undefined;
  let left = random() * backends.reduce((sum, { weight }) => sum + weight, 0);
  for (const backend of backends) {
    left -= backend.weight;
    if (left < 0) return backend;
  }
  return undefined;
}

const IPV4_FIRST = ['IPv4', 'IPv6'] as const;
const IPV6_FIRST = ['IPv6', 'IPv4'] as const;

/** The endpoints of the Services that routes name, past their ClusterIPs, so that each request may go to another one. */
export class Backends {
  readonly #state: ClusterState;
  readonly #nodeName: string;
  readonly #clock: Clock;
  readonly #balancers = new Map<string, Map<number, Balancer>>();
  readonly #gone: (endpoint: Endpoint, lost: boolean) => void;

  /** `gone` hears of endpoints that are to get nothing more; `lost`: with their node, so that no answer will come from them. */
  constructor(
    state: ClusterState,
    nodeName: string,
    clock: Clock,
    gone: (endpoint: Endpoint, lost: boolean) => void = () => {},
  ) {
    this.#state = state;
    this.#nodeName = nodeName;
    this.#clock = clock;
    this.#gone = gone;
    state.onChange((change) => {
      if ('service' in change) this.#changed(change.service);
    });
  }

  /** undefined: there is none, or none but those of `failed`. */
  pick(service: HttpService, client: string, failed: readonly Endpoint[]): Endpoint | undefined {
    return this.#balancerOf(service)?.pick(client, failed);
  }

  #balancerOf({ namespace, name, port }: HttpService): Balancer | undefined {
    const key = `${namespace}/${name}`;
    const ports = this.#balancers.get(key) ?? new Map<number, Balancer>();
    const known = ports.get(port);
    if (known !== undefined) return known;
    const endpoints = this.#endpointsOf(key, port);
    if (endpoints === undefined) return undefined;
    const balancer = new Balancer(this.#clock);
    balancer.update(endpoints, this.#state.services.get(key)?.affinitySeconds ?? 0);
    this.#balancers.set(key, ports.set(port, balancer));
    return balancer;
  }

  /** Of a dual-stack Service those of its first family: its Pods have an address of each. */
  #endpointsOf(key: string, port: number): readonly Endpoint[] | undefined {
    const service = this.#state.services.get(key);
    const servicePort = service?.ports.find((one) => one.port === port && one.protocol === 'TCP');
    if (service === undefined || servicePort === undefined) return undefined;
    const place = {
      nodeName: this.#nodeName,
      zone: this.#state.nodes.get(this.#nodeName)?.zone ?? '',
      goneNodes: this.#state.goneNodes,
    };
    const slices = [...this.#state.slicesOf(key)];
    const families = service.clusterIps[0]?.includes(':') === true ? IPV6_FIRST : IPV4_FIRST;
    const found = families.map(
      (family) =>
        usableEndpoints(
          slices.filter((slice) => slice.family === family),
          servicePort,
          place,
        ).endpoints,
    );
    return found.find((endpoints) => endpoints.length > 0) ?? [];
  }

  /** Balancers stay, with their turn and their clients; what they choose from is new. */
  #changed(key: string): void {
    for (const [port, balancer] of this.#balancers.get(key) ?? []) {
      const before = balancer.endpoints;
      const endpoints = this.#endpointsOf(key, port) ?? [];
      balancer.update(endpoints, this.#state.services.get(key)?.affinitySeconds ?? 0);
      for (const endpoint of before)
        if (!isAmong(endpoints, endpoint)) this.#gone(endpoint, this.#state.goneNodes.has(endpoint.nodeName));
    }
    if (!this.#state.services.has(key)) this.#balancers.delete(key);
  }
}
