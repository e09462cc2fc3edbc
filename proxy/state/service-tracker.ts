import { deepEqual } from '#api/equal.ts';
import { familyOf, type IpFamily } from '#api/ip.ts';
import type { ServicePort, ServicePortMap } from '../service-port.ts';
import type { ClusterState } from './cluster-state.ts';
import { usableEndpoints } from './endpoints.ts';
import { ofFamily, type ServiceInfo, type ServiceInfoPort } from './objects.ts';

/** A Service's port before and after; one of them is absent when it is new or gone. */
export interface ServicePortChange {
  readonly key: string;
  readonly previous: ServicePort | undefined;
  readonly current: ServicePort | undefined;
}

/**
 * Turns the state's Services and EndpointSlices into `ServicePort`s. Collects what may have changed and looks at it when asked; a change that
 * was taken back in between does not show. A port that did not change stays the same object, so that proxiers compare by identity.
 */
export class ServiceTracker {
  readonly #state: ClusterState;
  readonly #nodeName: string;
  readonly #skip: (service: ServiceInfo) => boolean;
  readonly #ports = new Map<string, ServicePort>();
  readonly #keysOfService = new Map<string, string[]>();
  readonly #dirty = new Set<string>();
  #zone = '';

  /** `skip`: Services that something else than the proxier carries, such as the DNS on every node. */
  constructor(state: ClusterState, nodeName: string, skip: (service: ServiceInfo) => boolean = () => false) {
    this.#state = state;
    this.#nodeName = nodeName;
    this.#skip = skip;
    state.onChange((change) => {
      if ('service' in change) this.#dirty.add(change.service);
      else if (change.node === nodeName) this.#checkZone();
    });
  }

  get ports(): ServicePortMap {
    return this.#ports;
  }

  /** Brings `ports` up to date and says what that changed. */
  update(): ServicePortChange[] {
    const changes = [...this.#dirty].flatMap((service) => this.#updateService(service));
    this.#dirty.clear();
    return changes;
  }

  #updateService(name: string): ServicePortChange[] {
    const current = this.#portsOf(name);
    const keys = new Set([...(this.#keysOfService.get(name) ?? []), ...current.keys()]);
    const changes = [...keys].flatMap((key) => this.#replace(key, current.get(key)));
    if (current.size > 0) this.#keysOfService.set(name, [...current.keys()]);
    else this.#keysOfService.delete(name);
    return changes;
  }

  #replace(key: string, current: ServicePort | undefined): ServicePortChange[] {
    const previous = this.#ports.get(key);
    if (deepEqual(previous, current)) return [];
    if (current === undefined) this.#ports.delete(key);
    else this.#ports.set(key, current);
    return [{ key, previous, current }];
  }

  /** Hints are for zones: when the node is in another one, every Service may lead elsewhere. */
  #checkZone(): void {
    const zone = this.#state.nodes.get(this.#nodeName)?.zone ?? '';
    if (zone === this.#zone) return;
    this.#zone = zone;
    for (const service of this.#state.services.keys()) this.#dirty.add(service);
  }

  #portsOf(name: string): Map<string, ServicePort> {
    const service = this.#state.services.get(name);
    if (service === undefined || service.foreign || this.#skip(service)) return new Map();
    return new Map(
      service.clusterIps.flatMap((clusterIp) =>
        service.ports.map((port) => {
          const current = this.#toServicePort(service, port, clusterIp);
          return [`${name}:${port.name}/${current.family}`, current] as const;
        }),
      ),
    );
  }

  #toServicePort(service: ServiceInfo, port: ServiceInfoPort, clusterIp: string): ServicePort {
    const family: IpFamily = clusterIp.includes(':') ? 'IPv6' : 'IPv4';
    const slices = [...this.#state.slicesOf(`${service.namespace}/${service.name}`)];
    return {
      namespace: service.namespace,
      service: service.name,
      portName: port.name,
      protocol: port.protocol as ServicePort['protocol'],
      family,
      appProtocol: port.appProtocol || (/^http(-|$)/.test(port.name) ? 'http' : ''),
      clusterIp,
      port: port.port,
      nodePort: port.nodePort,
      externalIps: ofFamily(service.externalIps, family),
      loadBalancerIps: ofFamily(service.loadBalancerIps, family),
      sourceRanges: service.sourceRanges.filter((range) => familyOf(range.split('/')[0] ?? '') === family),
      affinitySeconds: service.affinitySeconds,
      externalTrafficLocal: service.externalTrafficLocal,
      internalTrafficLocal: service.internalTrafficLocal,
      ...usableEndpoints(
        slices.filter((slice) => slice.family === family),
        port,
        { nodeName: this.#nodeName, zone: this.#zone, goneNodes: this.#state.goneNodes },
      ),
    };
  }
}
