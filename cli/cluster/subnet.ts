/** IPv4 ranges, as far as a clash with the cluster's own is concerned. */
import { isIPv4 } from 'node:net';
import { CLUSTER_POD_CIDR, SERVICE_CIDR } from '#api/names.ts';

/** Which of the cluster's ranges overlaps `cidr`; undefined where none does or `cidr` is not IPv4. */
export function clashingRange(cidr: string): string | undefined {
  return [CLUSTER_POD_CIDR, SERVICE_CIDR].find((range) => overlaps(range, cidr));
}

/** Whether two ranges share an address; false unless both are IPv4 in CIDR form. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

function parse(cidr: string): { first: number; last: number } | undefined {
  const [address = '', length = ''] = cidr.split('/');
  if (!isIPv4(address) || !/^\d+$/.test(length) || Number(length) > 32) return undefined;
  const size = 2 ** (32 - Number(length));
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = value - (value % size);
  return { first, last: first + size - 1 };
}
