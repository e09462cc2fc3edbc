import { isIPv4 } from 'node:net';
import type { Kinds } from '#api/resources.ts';
import { StatusError, invalid, type FieldError } from '#api/status.ts';
import type { RegistryConfig } from '../config.ts';
import { ipv4ToNumber, numberToIpv4, parseCidr } from './ipv4.ts';
import { Pool } from './pool.ts';

type Service = Kinds['services'];

/** What of a Service is unique in the cluster. */
interface Claims {
  readonly ips: readonly string[];
  readonly ports: readonly number[];
}

const NO_CLAIMS: Claims = { ips: [], ports: [] };

export const needsClusterIp = (service: Service): boolean => service.spec?.type !== 'ExternalName';
export const isHeadless = (service: Service): boolean => service.spec?.clusterIP === 'None';

/** LoadBalancers may do without. */
export const needsNodePort = ({ spec }: Service): boolean =>
  spec?.type === 'NodePort' ||
  (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

export const needsHealthCheckPort = ({ spec }: Service): boolean =>
  spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

function claimsOf(service: Service | undefined): Claims {
  if (service?.spec === undefined) return NO_CLAIMS;
  const { clusterIPs = [], ports = [], healthCheckNodePort } = service.spec;
  return {
    ips: clusterIPs.filter((ip) => isIPv4(ip)),
    ports: [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort].filter(
      (port): port is number => port !== undefined && port !== 0,
    ),
  };
}

/** Cluster IPs and node ports of all Services. What is in use follows from the Services that are stored. */
export class ServiceAllocator {
  readonly #cidr: string;
  readonly #first: number;
  readonly #size: number;
  readonly #addresses: Pool;
  readonly #ports: Pool;
  readonly #range: RegistryConfig['nodePortRange'];

  constructor(config: Pick<RegistryConfig, 'network' | 'nodePortRange'>, existing: Iterable<Service>) {
    const [serviceCidr = ''] = config.network.serviceCidrs;
    const { first, size } = parseCidr(serviceCidr);
    this.#cidr = serviceCidr;
    this.#first = first;
    this.#size = size;
    this.#addresses = new Pool(size, clamp(size / 16, 16, 256));
    this.#range = config.nodePortRange;
    const count = this.#range.last - this.#range.first + 1;
    this.#ports = new Pool(count, clamp(count / 32, 16, 128));
    for (const service of existing) this.#settle(NO_CLAIMS, claimsOf(service));
  }

  /**
   * Gives the Service what it needs and lacks, and takes back what `old` has and it has no longer. Throws Invalid, changing nothing, when
   * something that it names is in use or out of range. A dry run claims and refuses nothing.
   */
  assign(service: Service, old: Service | undefined, dryRun: boolean): void {
    const had = claimsOf(old);
    if (!dryRun) this.#refuseTaken(service, had);
    this.#assignAddress(service);
    this.#assignPorts(service);
    if (!dryRun) this.#settle(had, claimsOf(service));
  }

  release(service: Service): void {
    this.#settle(claimsOf(service), NO_CLAIMS);
  }

  #settle(before: Claims, after: Claims): void {
    for (const ip of before.ips) this.#addresses.release(this.#offsetOf(ip));
    for (const port of before.ports) this.#ports.release(port - this.#range.first);
    for (const ip of after.ips) this.#addresses.claim(this.#offsetOf(ip));
    for (const port of after.ports) this.#ports.claim(port - this.#range.first);
  }

  #offsetOf(ip: string): number {
    return ipv4ToNumber(ip) - this.#first;
  }

  #refuseTaken(service: Service, had: Claims): void {
    const errors = [...this.#addressErrors(service, had), ...this.#portErrors(service, had)];
    if (errors.length > 0) {
      throw StatusError.invalid({ group: '', kind: 'Service' }, service.metadata.name, errors);
    }
  }

  #addressErrors(service: Service, had: Claims): FieldError[] {
    const ips = service.spec?.clusterIPs ?? [];
    return claimsOf(service)
      .ips.filter((ip) => !had.ips.includes(ip))
      .flatMap((ip) => {
        const why = this.#whyNotAddress(ip);
        return why === undefined
          ? []
          : [invalid('spec.clusterIPs', ips, `failed to allocate IP ${ip}: ${why}`)];
      });
  }

  #whyNotAddress(ip: string): string | undefined {
    const offset = this.#offsetOf(ip);
    // Neither the network's address nor its broadcast address.
    if (offset < 1 || offset >= this.#size - 1) {
      return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.#cidr}`;
    }
    return this.#addresses.has(offset) ? 'provided IP is already allocated' : undefined;
  }

  #portErrors(service: Service, had: Claims): FieldError[] {
    const named = (service.spec?.ports ?? []).map(({ nodePort }, index) => ({
      port: nodePort ?? 0,
      path: `spec.ports[${index}].nodePort`,
    }));
    named.push({ port: service.spec?.healthCheckNodePort ?? 0, path: 'spec.healthCheckNodePort' });
    return named
      .filter(({ port }) => port !== 0 && !had.ports.includes(port))
      .flatMap(({ port, path }) => {
        const why = this.#whyNotPort(port);
        return why === undefined ? [] : [invalid(path, port, why)];
      });
  }

  #whyNotPort(port: number): string | undefined {
    const { first, last } = this.#range;
    if (port < first || port > last) {
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    return this.#ports.has(port - first) ? 'provided port is already allocated' : undefined;
  }

  #assignAddress(service: Service): void {
    const spec = service.spec!;
    if (!needsClusterIp(service) || isHeadless(service) || (spec.clusterIPs ?? []).length > 0) return;
    const offset = this.#addresses.pick((one) => one === 0 || one === this.#size - 1);
    if (offset === undefined) throw StatusError.internal('failed to allocate a serviceIP: range is full');
    const ip = numberToIpv4(this.#first + offset);
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
  }

  #assignPorts(service: Service): void {
    const spec = service.spec!;
    const taken = new Set(claimsOf(service).ports.map((port) => port - this.#range.first));
    const next = (): number => {
      const offset = this.#ports.pick((one) => taken.has(one));
      if (offset === undefined) throw StatusError.internal('failed to allocate a nodePort: range is full');
      taken.add(offset);
      return this.#range.first + offset;
    };
    if (needsNodePort(service)) this.#assignNodePorts(service, next);
    if (needsHealthCheckPort(service) && !spec.healthCheckNodePort) spec.healthCheckNodePort = next();
  }

  /** The same port in two protocols gets one node port for both. */
  #assignNodePorts(service: Service, next: () => number): void {
    const ports = service.spec!.ports ?? [];
    for (const port of ports) {
      if (port.nodePort) continue;
      const twin = ports.find(
        (other) => other.port === port.port && other.protocol !== port.protocol && other.nodePort,
      );
      port.nodePort = twin?.nodePort ?? next();
    }
  }
}

const clamp = (value: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(value)));
