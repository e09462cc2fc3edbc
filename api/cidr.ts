import { bitsOf, familyOf, ipToNumber, numberToIp, type IpFamily } from './ip.ts';

/** A CIDR as numbers: its first and last address, both included. */
export interface AddressRange {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

/** Undefined when the text is no CIDR, such as `10.0.0.0/8`; bits behind the prefix do not count. */
export function addressRange(text: string): AddressRange | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const family = familyOf(address);
  if (family === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > bitsOf(family)) return undefined;
  const size = 1n << BigInt(bitsOf(family) - prefix);
  const number = ipToNumber(address);
  const first = number - (number % size);
  return { family, first, last: first + size - 1n, prefix };
}

/** Whether every address of `inner` is one of `outer`. */
export const isSubset = (inner: AddressRange, outer: AddressRange): boolean =>
  inner.family === outer.family && inner.first >= outer.first && inner.last <= outer.last;

/** Whether two ranges share an address. */
export const overlaps = (one: AddressRange, other: AddressRange): boolean =>
  one.family === other.family && one.first <= other.last && other.first <= one.last;

/** The range with this number of those that `range` is divided into, each with `prefix` bits, in Kubernetes' notation. */
export function subnetOf(range: AddressRange, prefix: number, number: number): string {
  const size = 1n << BigInt(bitsOf(range.family) - prefix);
  return `${numberToIp(range.first + BigInt(number) * size, range.family)}/${prefix}`;
}
