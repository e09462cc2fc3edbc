import { isIPv4 } from 'node:net';

export const ipv4ToNumber = (ip: string): number =>
  ip.split('.').reduce((number, part) => number * 256 + Number(part), 0);

export const numberToIpv4 = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** An IPv4 CIDR's first address and size. Throws when it is none. */
export function parseCidr(cidr: string): { first: number; size: number } {
  const [ip = '', length = ''] = cidr.split('/');
  const bits = Number(length);
  if (!isIPv4(ip) || !/^\d+$/.test(length) || bits > 32) throw new Error(`not an IPv4 CIDR: ${cidr}`);
  const size = 2 ** (32 - bits);
  return { first: Math.floor(ipv4ToNumber(ip) / size) * size, size };
}
