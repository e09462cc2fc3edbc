import type { Clock } from '#api/clock.ts';
import { canonicalIp, familyOf } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError, invalid } from '#api/status.ts';
import type { Store } from '../../store/store.ts';
import type { RegistryConfig } from '../config.ts';
import {
  getsNodePorts,
  isHeadless,
  mayHaveNodePort,
  needsClusterIp,
  needsHealthCheckPort,
} from '../service/needs.ts';
import { ClusterIps } from './cluster-ips.ts';
import { ipAddressKey, newIpAddress } from './ip-address.ts';
import { NodePorts, type PortPlan } from './node-ports.ts';

type Service = Kinds['services'];

/** What of a Service is unique in the cluster. */
interface Claims {
  readonly ips: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

const NO_CLAIMS: Claims = { ips: new Set(), ports: new Set() };

function claimsOf(service: Service | undefined): Claims {
  if (service?.spec === undefined) return NO_CLAIMS;
  const { clusterIPs = [], ports = [], healthCheckNodePort } = service.spec;
  const numbers = [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort];
  return {
    ips: new Set(clusterIPs.filter((ip) => familyOf(ip) !== undefined).map(canonicalIp)),
    // An ExternalName may name node ports, which mean nothing.
    ports: new Set(
      mayHaveNodePort(service)
        ? numbers.filter((port): port is number => port !== undefined && port !== 0)
        : [],
    ),
  };
}

/**
 * Cluster IPs and node ports of all Services. What is in use follows from what is stored; an IPAddress is written and removed in the same step as
 * the Service that has it.
 */
export class ServiceAllocator {
  readonly clusterIps: ClusterIps;
  readonly #ports: NodePorts;
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(config: Pick<RegistryConfig, 'network' | 'nodePortRange'>, store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#ports = new NodePorts(config.nodePortRange);
    this.clusterIps = new ClusterIps(config.network);
    for (const { object } of store.list('servicecidrs')) {
      this.clusterIps.setServiceCidr(object);
    }
    store.watch({ resource: 'servicecidrs' }, ({ type, key, entry }) => {
      if (type === 'DELETED') this.clusterIps.removeServiceCidr(key.name);
      else this.clusterIps.setServiceCidr(entry.object);
    });
    for (const { object } of store.list('ipaddresses')) this.clusterIps.addObject(object.metadata.name);
    for (const { object } of store.list('services')) {
      const { ips, ports } = claimsOf(object);
      for (const ip of ips) this.clusterIps.addOfService(ip);
      for (const port of ports) this.#ports.claim(port);
    }
  }

  /**
   * Gives the Service what it needs and lacks, and takes back what `old` has and it has no longer. Throws, changing nothing, when something that
   * it names is in use or out of range, or nothing is left. A dry run claims nothing and shows placeholders.
   */
  assign(service: Service, old: Service | undefined, dryRun: boolean): void {
    // A write of the status shares the stored spec, which is frozen.
    if (service.spec === old?.spec) return;
    const had = claimsOf(old);
    this.#assignAddresses(service, had, dryRun);
    this.#assignPorts(service, had, dryRun);
    if (!dryRun) this.#settle(service, had, claimsOf(service));
  }

  release(service: Service): void {
    this.#settle(service, claimsOf(service), NO_CLAIMS);
  }

  #settle(service: Service, before: Claims, after: Claims): void {
    for (const port of before.ports) this.#ports.release(port);
    for (const port of after.ports) this.#ports.claim(port);
    for (const ip of before.ips.difference(after.ips)) this.#free(ip, service);
    for (const ip of after.ips.difference(before.ips)) this.#take(ip, service);
  }

  #take(ip: string, service: Service): void {
    this.clusterIps.addOfService(ip);
    this.clusterIps.addObject(ip);
    const object = newIpAddress(ip, service, this.#clock);
    // Fails only when the store takes no more writes, of which the Service's own write tells.
    this.#store.write(ipAddressKey(ip), (current) => current ?? object).catch(() => undefined);
  }

  #free(ip: string, { metadata }: Service): void {
    this.clusterIps.removeOfService(ip);
    this.#store
      .write(ipAddressKey(ip), (current) => {
        const { parentRef } = (current?.['spec'] ?? {}) as Kinds['ipaddresses']['spec'];
        const isOurs = parentRef?.name === metadata.name && parentRef.namespace === metadata.namespace;
        // What somebody keeps by a finalizer, the repair deletes as a client would.
        if (!isOurs || (current?.metadata.finalizers ?? []).length > 0) return undefined;
        this.clusterIps.removeObject(ip);
        return null;
      })
      .catch(() => undefined);
  }

  #assignAddresses(service: Service, had: Claims, dryRun: boolean): void {
    if (!needsClusterIp(service) || isHeadless(service)) return;
    const spec = service.spec!;
    const clusterIPs = [...(spec.clusterIPs ?? [])];
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      const given = clusterIPs[index];
      if (given === undefined) {
        const ip = dryRun
          ? this.clusterIps.placeholder(family as 'IPv4')
          : this.clusterIps.pick(family as 'IPv4');
        if (ip === undefined) throw StatusError.internal('failed to allocate a serviceIP: range is full');
        clusterIPs.push(ip);
      } else if (!had.ips.has(canonicalIp(given))) this.#refuseTakenAddress(service, given, dryRun);
    }
    if (clusterIPs.length === 0) return;
    spec.clusterIPs = clusterIPs;
    spec.clusterIP = clusterIPs[0]!;
  }

  #refuseTakenAddress(service: Service, ip: string, dryRun: boolean): void {
    const why = this.clusterIps.whyNot(ip);
    // Kubernetes' dry runs look at the range alone.
    if (why === undefined || (dryRun && this.clusterIps.isTaken(canonicalIp(ip)))) return;
    throw refusal(
      service,
      'spec.clusterIPs',
      service.spec?.clusterIPs ?? [],
      `failed to allocate IP ${ip}: ${why}`,
    );
  }

  #assignPorts(service: Service, had: Claims, dryRun: boolean): void {
    const plan = this.#ports.plan(dryRun);
    if (mayHaveNodePort(service)) assignNodePorts(service, had.ports, plan);
    if (!needsHealthCheckPort(service)) return;
    const given = service.spec!.healthCheckNodePort ?? 0;
    if (given === 0) {
      service.spec!.healthCheckNodePort = nextOf(plan, 'failed to allocate a HealthCheck NodePort 0');
    } else if (!had.ports.has(given)) {
      const why = plan.take(given);
      if (why !== undefined) {
        throw StatusError.internal(`failed to allocate requested HealthCheck NodePort ${given}: ${why}`);
      }
    }
  }
}

/** The same port in two protocols gets one node port for both (`initNodePorts`). */
function assignNodePorts(service: Service, had: ReadonlySet<number>, plan: PortPlan): void {
  const ports = service.spec!.ports ?? [];
  const ofPort = new Map<number, number>();
  const taken = new Set<number>();
  for (const [index, port] of ports.entries()) {
    const nodePort = port.nodePort ?? 0;
    if (nodePort === 0 || taken.has(nodePort)) continue;
    taken.add(nodePort);
    if (!ofPort.has(port.port)) ofPort.set(port.port, nodePort);
    if (had.has(nodePort)) continue;
    const why = plan.take(nodePort);
    if (why !== undefined) throw refusal(service, `spec.ports[${index}].nodePort`, nodePort, why);
  }
  if (!getsNodePorts(service)) return;
  for (const port of ports) {
    if (port.nodePort) continue;
    const twin = ofPort.get(port.port);
    port.nodePort =
      twin !== undefined && isFreeFor(ports, port, twin)
        ? twin
        : nextOf(plan, 'failed to allocate a nodePort');
    ofPort.set(port.port, port.nodePort);
  }
}

/** One node port serves a protocol once. */
const isFreeFor = (
  ports: readonly { nodePort?: number; protocol?: string }[],
  port: { protocol?: string },
  nodePort: number,
): boolean => !ports.some((other) => other.nodePort === nodePort && other.protocol === port.protocol);

function nextOf(plan: PortPlan, what: string): number {
  const port = plan.next();
  if (port === undefined) throw StatusError.internal(`${what}: range is full`);
  return port;
}

const refusal = ({ metadata }: Service, field: string, value: unknown, why: string): StatusError =>
  StatusError.invalid({ group: '', kind: 'Service' }, metadata.name, [invalid(field, value, why)]);
