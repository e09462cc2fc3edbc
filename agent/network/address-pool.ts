import { BlockList } from 'node:net';

/** A block of IPv4 addresses. */
export interface Cidr {
  readonly first: number;
  readonly prefix: number;
}

export const toNumber = (ip: string): number =>
  ip.split('.').reduce((number, part) => number * 256 + Number(part), 0);
export const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** Throws on anything but an IPv4 block such as `10.244.1.0/24`. */
export function parseCidr(text: string): Cidr {
  const [address, prefix, ...rest] = text.split('/');
  try {
    if (rest.length > 0 || !/^\d+$/.test(prefix ?? '')) throw new Error('no prefix length');
    new BlockList().addSubnet(address!, Number(prefix), 'ipv4');
  } catch (error) {
    throw new Error(`invalid CIDR address: ${text}`, { cause: error });
  }
  const size = 2 ** (32 - Number(prefix));
  return { first: Math.floor(toNumber(address!) / size) * size, prefix: Number(prefix) };
}

/** The bridge's own address: the first after the network's. */
export const gatewayOf = (cidr: Cidr): string => toAddress(cidr.first + 1);

/**
 * Which addresses of a node's Pod CIDR are in use. Hands them out in a circle, as the CNI plugin host-local does, so that one that became
 * free is used again as late as can be: connections and caches may still name it.
 */
export class AddressPool {
  readonly #text: string;
  readonly #first: number;
  readonly #last: number;
  readonly #owners = new Map<number, string>();
  readonly #addresses = new Map<string, number>();
  #next: number;

  /** Leaves out the network's, the gateway's and the broadcast address. */
  constructor(podCidr: string) {
    const cidr = parseCidr(podCidr);
    this.#text = podCidr;
    this.#first = cidr.first + 2;
    this.#last = cidr.first + 2 ** (32 - cidr.prefix) - 2;
    this.#next = this.#first;
  }

  has(owner: string): boolean {
    return this.#addresses.has(owner);
  }

  /** The owner's address: the one that it has, or a free one. Throws as host-local does when there is none. */
  allocate(owner: string): string {
    const had = this.#addresses.get(owner);
    if (had !== undefined) return toAddress(had);
    const size = this.#last - this.#first + 1;
    for (let tried = 0; tried < size; tried++) {
      const address = this.#next;
      this.#next = address >= this.#last ? this.#first : address + 1;
      if (this.#owners.has(address)) continue;
      this.#set(owner, address);
      return toAddress(address);
    }
    throw new Error(`no IP addresses available in range ${this.#text}`);
  }

  /** Takes note of an address that is in use already; the next one handed out comes after it. */
  take(owner: string, ip: string): void {
    const address = toNumber(ip);
    this.#set(owner, address);
    if (address >= this.#next && address < this.#last) this.#next = address + 1;
  }

  release(owner: string): void {
    const address = this.#addresses.get(owner);
    if (address === undefined) return;
    this.#addresses.delete(owner);
    this.#owners.delete(address);
  }

  #set(owner: string, address: number): void {
    this.#owners.set(address, owner);
    this.#addresses.set(owner, address);
  }
}
