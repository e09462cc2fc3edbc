import { randomInt } from 'node:crypto';
import { addressRange, type AddressRange } from '#api/cidr.ts';
import { ipToNumber, numberToIp, type IpFamily } from '#api/ip.ts';

/** Of more than this nobody can hold so many that a random start would matter (`crypto.randomInt` takes 48 bits). */
const MAX_SPREAD = 2 ** 47;

/**
 * The addresses of one CIDR that Services may have: all but the network's own and, in IPv4, the broadcast address. The lower ones are left to
 * those who ask for an address (KEP-3070).
 */
export class ServiceRange {
  readonly cidr: string;
  readonly family: IpFamily;
  readonly size: number;
  readonly #range: AddressRange;
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #band: number;

  /** Throws when `cidr` is none. */
  constructor(cidr: string) {
    const range = addressRange(cidr);
    if (range === undefined) throw new Error(`not a CIDR: ${cidr}`);
    this.cidr = cidr;
    this.family = range.family;
    this.#range = range;
    this.#first = range.first + 1n;
    this.#last = range.family === 'IPv4' ? range.last - 1n : range.last;
    const size = this.#last < this.#first ? 0n : this.#last - this.#first + 1n;
    this.size = size > BigInt(MAX_SPREAD) ? MAX_SPREAD : Number(size);
    this.#band = staticBand(range.last - range.first + 1n);
  }

  /** The network's own address: what Kubernetes shows for one that a dry run does not look for. */
  get network(): string {
    return numberToIp(this.#range.first, this.family);
  }

  contains(ip: string, family: IpFamily): boolean {
    if (family !== this.family) return false;
    const number = ipToNumber(ip);
    return number >= this.#first && number <= this.#last;
  }

  /** An address that is not taken, at random; undefined when all are. Takes time in proportion to the taken ones that stand in a row. */
  pick(isTaken: (ip: string) => boolean): string | undefined {
    return this.#pickFrom(this.#band, this.size, isTaken) ?? this.#pickFrom(0, this.#band, isTaken);
  }

  #pickFrom(from: number, to: number, isTaken: (ip: string) => boolean): string | undefined {
    const count = to - from;
    if (count <= 0) return undefined;
    const start = randomInt(count);
    for (let i = 0; i < count; i++) {
      const ip = numberToIp(this.#first + BigInt(from + ((start + i) % count)), this.family);
      if (!isTaken(ip)) return ip;
    }
    return undefined;
  }
}

/** How many addresses are left to those who name one (`calculateRangeOffset` in pkg/registry/core/service/ipallocator). */
function staticBand(size: bigint): number {
  if (size <= 16n) return 0;
  const part = size / 16n;
  return Number(part < 16n ? 16n : part > 256n ? 256n : part);
}
