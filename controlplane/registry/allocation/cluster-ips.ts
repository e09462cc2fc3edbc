import type { ClusterNetwork } from '#api/cluster-network.ts';
import { canonicalIp, familyOf, type IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { ServiceRange } from './service-range.ts';

type ServiceCidr = Kinds['servicecidrs'];

/** The ServiceCIDR that every cluster has; it counts before it is written, so that Services need not wait for it. */
const DEFAULT_NAME = 'kubernetes';

interface Block {
  readonly ranges: readonly ServiceRange[];
  /** New addresses may come from it. */
  readonly isReady: boolean;
}

/**
 * Which addresses Services have, and where new ones come from: the IPAddress and ServiceCIDR objects, as Kubernetes' MetaAllocator keeps them.
 * An address is in use while there is an IPAddress of its name or a Service that has it, though one of the two may be lost for a while.
 */
export class ClusterIps {
  readonly #network: ClusterNetwork;
  readonly #blocks = new Map<string, Block>();
  readonly #objects = new Set<string>();
  readonly #ofServices = new Set<string>();
  /** How many addresses of a CIDR are in use, so that a full one is not searched. */
  readonly #used = new Map<string, number>();

  constructor(network: ClusterNetwork) {
    this.#network = network;
    this.#setBlock(DEFAULT_NAME, network.serviceCidrs, true);
  }

  setServiceCidr({ metadata, spec, status }: ServiceCidr): void {
    const condition = status?.conditions?.find(({ type }) => type === 'Ready');
    const isReady = condition?.status !== 'False' && metadata.deletionTimestamp === undefined;
    this.#setBlock(metadata.name, spec?.cidrs ?? [], isReady);
  }

  removeServiceCidr(name: string): void {
    // It is written anew at once.
    if (name === DEFAULT_NAME) this.#setBlock(name, this.#network.serviceCidrs, true);
    else this.#blocks.delete(name);
    this.#count();
  }

  addObject(ip: string): void {
    if (!this.isTaken(ip)) this.#countOne(ip, 1);
    this.#objects.add(ip);
  }

  removeObject(ip: string): void {
    if (this.#objects.delete(ip) && !this.isTaken(ip)) this.#countOne(ip, -1);
  }

  addOfService(ip: string): void {
    if (!this.isTaken(ip)) this.#countOne(ip, 1);
    this.#ofServices.add(ip);
  }

  removeOfService(ip: string): void {
    if (this.#ofServices.delete(ip) && !this.isTaken(ip)) this.#countOne(ip, -1);
  }

  isTaken(ip: string): boolean {
    return this.#objects.has(ip) || this.#ofServices.has(ip);
  }

  /** Why a Service may not have this address, in Kubernetes' words; undefined when it may. */
  whyNot(text: string): string | undefined {
    const ip = canonicalIp(text);
    const family = familyOf(ip)!;
    if (!this.#ready(family).some((range) => range.contains(ip, family))) {
      return 'the provided network does not match the current range';
    }
    return this.isTaken(ip) ? 'provided IP is already allocated' : undefined;
  }

  /** An address that nobody has; undefined when all ranges are full. */
  pick(family: IpFamily): string | undefined {
    for (const range of this.#ready(family)) {
      if ((this.#used.get(range.cidr) ?? 0) >= range.size) continue;
      const ip = range.pick((one) => this.isTaken(one));
      if (ip !== undefined) return ip;
    }
    return undefined;
  }

  /** What a dry run shows for an address that it does not look for. */
  placeholder(family: IpFamily): string | undefined {
    return this.#ready(family)[0]?.network;
  }

  #ready(family: IpFamily): ServiceRange[] {
    return [...this.#blocks.values()]
      .filter(({ isReady }) => isReady)
      .flatMap(({ ranges }) => ranges.filter((range) => range.family === family));
  }

  #setBlock(name: string, cidrs: readonly string[], isReady: boolean): void {
    const before = this.#blocks.get(name);
    const isSame = cidrs.join() === before?.ranges.map(({ cidr }) => cidr).join();
    const ranges = isSame ? before.ranges : cidrs.map((cidr) => new ServiceRange(cidr));
    this.#blocks.set(name, { ranges, isReady });
    if (!isSame) this.#count();
  }

  #count(): void {
    this.#used.clear();
    for (const ip of this.#objects.union(this.#ofServices)) this.#countOne(ip, 1);
  }

  #countOne(ip: string, change: 1 | -1): void {
    const family = familyOf(ip)!;
    const cidrs = new Set(
      [...this.#blocks.values()]
        .flatMap(({ ranges }) => ranges)
        .filter((range) => range.contains(ip, family))
        .map(({ cidr }) => cidr),
    );
    for (const cidr of cidrs) this.#used.set(cidr, (this.#used.get(cidr) ?? 0) + change);
  }
}
