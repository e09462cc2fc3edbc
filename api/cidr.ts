import { BlockList, isIP } from 'node:net';
import { bitsOf, ipToNumber, numberToIp, type IpFamily } from './ip.ts';

/** A range of addresses: `10.0.0.0/8`. */
export interface Cidr {
  readonly address: string;
  readonly family: 4 | 6;
  readonly prefix: number;
}

/** Undefined when the text is no CIDR. Bits behind the prefix are allowed to be set. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > (family === 4 ? 32 : 128)) return undefined;
  return { address, family: family === 4 ? 4 : 6, prefix };
}

/** Whether every address of `inner` is one of `outer`, and `outer` has more. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.family !== outer.family || inner.prefix <= outer.prefix) return false;
  const family = outer.family === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(outer.address, outer.prefix, family);
  return range.check(inner.address, family);
}

/** A CIDR as numbers: its first and last address, both included. */
export interface AddressRange {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

/** Undefined when the text is no CIDR; bits behind the prefix do not count. */
export function addressRange(text: string): AddressRange | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return undefined;
  const family = cidr.family === 4 ? 'IPv4' : 'IPv6';
  const size = 1n << BigInt(bitsOf(family) - cidr.prefix);
  const address = ipToNumber(cidr.address);
  const first = address - (address % size);
  return { family, first, last: first + size - 1n, prefix: cidr.prefix };
}

/** Whether two ranges share an address. */
export const overlaps = (one: AddressRange, other: AddressRange): boolean =>
  one.family === other.family && one.first <= other.last && other.first <= one.last;

/** The range with this number of those that `range` is divided into, each with `prefix` bits, in Kubernetes' notation. */
export function subnetOf(range: AddressRange, prefix: number, number: number): string {
  const size = 1n << BigInt(bitsOf(range.family) - prefix);
  return `${numberToIp(range.first + BigInt(number) * size, range.family)}/${prefix}`;
}
