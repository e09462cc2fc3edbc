import type { AddressRange } from '#api/cidr.ts';
import { familyOf, ipToNumber, numberToIp } from '#api/ip.ts';
import { rangeOf } from './families.ts';

/**
 * Which addresses of one of a node's Pod CIDRs are in use. Hands them out in a circle, as the CNI plugin host-local does, so that one that
 * became free is used again as late as can be: connections and caches may still name it.
 */
export class AddressPool {
  readonly podCidr: string;
  readonly #range: AddressRange;
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #owners = new Map<bigint, string>();
  readonly #addresses = new Map<string, bigint>();
  #next: bigint;
  /** Where to go on is known from an earlier process, so that what is in use does not tell. */
  readonly #goesOn: boolean;

  /**
   * Leaves out the network's, the gateway's and, with IPv4, the broadcast address. Goes on after `lastUsed`, which an earlier process handed
   * out, if that is an address of the range.
   */
  constructor(podCidr: string, lastUsed = '') {
    const range = rangeOf(podCidr);
    this.podCidr = podCidr;
    this.#range = range;
    this.#first = range.first + 2n;
    this.#last = range.family === 'IPv4' ? range.last - 1n : range.last;
    this.#next = this.#first;
    this.#goesOn = this.#holds(lastUsed);
    if (this.#goesOn) this.#next = this.#after(ipToNumber(lastUsed));
  }

  has(owner: string): boolean {
    return this.#addresses.has(owner);
  }

  /** The owner's address: the one that it has, or a free one. Throws as host-local does when there is none. */
  allocate(owner: string): string {
    const had = this.#addresses.get(owner);
    if (had !== undefined) return this.#text(had);
    // One more than there are owners: one of so many addresses is free, if there are so many.
    for (let tried = 0; tried <= this.#owners.size; tried++) {
      const address = this.#next;
      this.#next = this.#after(address);
      if (this.#owners.has(address) || address > this.#last) continue;
      this.#set(owner, address);
      return this.#text(address);
    }
    throw new Error(`no IP addresses available in range ${this.podCidr}`);
  }

  /** Takes note of an address that is in use already; one outside the range, of an earlier Pod CIDR, is nobody else's anyway. */
  take(owner: string, ip: string): void {
    const address = ipToNumber(ip);
    this.#set(owner, address);
    if (!this.#goesOn && this.#holds(ip) && address >= this.#next) this.#next = this.#after(address);
  }

  release(owner: string): void {
    const address = this.#addresses.get(owner);
    if (address === undefined) return;
    this.#addresses.delete(owner);
    this.#owners.delete(address);
  }

  #holds(ip: string): boolean {
    if (familyOf(ip) !== this.#range.family) return false;
    const address = ipToNumber(ip);
    return address >= this.#first && address <= this.#last;
  }

  #after(address: bigint): bigint {
    return address >= this.#last ? this.#first : address + 1n;
  }

  #text(address: bigint): string {
    return numberToIp(address, this.#range.family);
  }

  #set(owner: string, address: bigint): void {
    this.#owners.set(address, owner);
    this.#addresses.set(owner, address);
  }
}
