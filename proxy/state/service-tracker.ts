import type { ServicePort, ServicePortMap } from '../service-port.ts';
import type { ClusterState } from './cluster-state.ts';
import { usableEndpoints } from './endpoints.ts';
import type { ServiceInfo, ServiceInfoPort } from './objects.ts';

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

  /** `skip`: Services that something else than the proxier carries, such as the DNS on every node. */
  constructor(state: ClusterState, nodeName: string, skip: (service: ServiceInfo) => boolean = () => false) {
    this.#state = state;
    this.#nodeName = nodeName;
    this.#skip = skip;
    state.onChange((change) => {
      if ('service' in change) this.#dirty.add(change.service);
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
    if (JSON.stringify(previous) === JSON.stringify(current)) return [];
    if (current === undefined) this.#ports.delete(key);
    else this.#ports.set(key, current);
    return [{ key, previous, current }];
  }

  #portsOf(name: string): Map<string, ServicePort> {
    const service = this.#state.services.get(name);
    if (service === undefined || service.clusterIp === '' || service.foreign || this.#skip(service))
      return new Map();
    return new Map(
      service.ports
        .filter((port) => port.protocol === 'TCP' || port.protocol === 'UDP')
        .map((port) => [`${name}:${port.name}/IPv4`, this.#toServicePort(service, port)]),
    );
  }

  #toServicePort(service: ServiceInfo, port: ServiceInfoPort): ServicePort {
    const slices = this.#state.slicesOf(`${service.namespace}/${service.name}`);
    return {
      namespace: service.namespace,
      service: service.name,
      portName: port.name,
      protocol: port.protocol as 'TCP' | 'UDP',
      family: 'IPv4',
      appProtocol: port.appProtocol || (/^http(-|$)/.test(port.name) ? 'http' : ''),
      clusterIp: service.clusterIp,
      port: port.port,
      nodePort: port.nodePort,
      externalIps: service.externalIps,
      loadBalancerIps: service.loadBalancerIps,
      sourceRanges: [],
      affinitySeconds: service.affinitySeconds,
      externalTrafficLocal: service.externalTrafficLocal,
      internalTrafficLocal: service.internalTrafficLocal,
      ...usableEndpoints(slices, port, this.#nodeName),
    };
  }
}
