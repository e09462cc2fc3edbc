import { addressRange } from '#api/cidr.ts';
import { numberToIp, type IpFamily } from '#api/ip.ts';

/** Addresses as numbers; both ends included. */
export interface Pool {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** Of an IPv6 subnet no more than these first addresses count: enough, and short to read. */
const IPV6_SPAN = 65536n;
const LEAST_SIZE = 8n;
const MOST_SIZE = 1n << 24n;

/**
 * The addresses that a Docker network can lend to load balancers: the upper half of its subnet without IPv4's broadcast address, because
 * Docker gives containers addresses from the lower end, where the network and gateway addresses are too.
 *
 * @param cidr of a node, such as `172.18.0.3/16`. Undefined when it is none, or its subnet is of no use.
 */
export function poolOf(cidr: string): Pool | undefined {
  const range = addressRange(cidr);
  if (range === undefined) return undefined;
  const { family, first } = range;
  const whole = range.last - first + 1n;
  const size = family === 'IPv6' && whole > IPV6_SPAN ? IPV6_SPAN : whole;
  if (size < LEAST_SIZE || size > MOST_SIZE) return undefined;
  return { family, first: first + size / 2n, last: first + size - (family === 'IPv4' ? 2n : 1n) };
}

export const contains = ({ first, last }: Pool, ip: bigint): boolean => ip >= first && ip <= last;

/** The highest address of the pool that nobody has. */
export function freeAddress({ first, last }: Pool, isTaken: (ip: bigint) => boolean): bigint | undefined {
  for (let ip = last; ip >= first; ip -= 1n) {
    if (!isTaken(ip)) return ip;
  }
  return undefined;
}

export const formatPool = ({ first, last, family }: Pool): string =>
  `${numberToIp(first, family)}-${numberToIp(last, family)}`;
