import { BlockList } from 'node:net';
import { bitsOf, familyOf, type IpFamily } from '#api/ip.ts';

/** Addresses to be looked up in CIDRs. */
export interface Ranges {
  contains(ip: string): boolean;
}

/** What is no CIDR contains nothing. An IPv4 address is in no IPv6 range, whatever form it has. */
export function toRanges(cidrs: readonly string[]): Ranges {
  const lists = { IPv4: new BlockList(), IPv6: new BlockList() };
  for (const cidr of cidrs) {
    const [ip = '', bits = ''] = cidr.trim().split('/');
    const family = familyOf(ip);
    if (family === undefined || !isPrefix(bits, family)) continue;
    lists[family].addSubnet(ip, Number(bits), nameOf(family));
  }
  return {
    contains(ip) {
      const family = familyOf(ip);
      return family !== undefined && lists[family].check(ip, nameOf(family));
    },
  };
}

const isPrefix = (bits: string, family: IpFamily): boolean =>
  /^\d{1,3}$/.test(bits) && Number(bits) <= bitsOf(family);

const nameOf = (family: IpFamily): 'ipv4' | 'ipv6' => (family === 'IPv6' ? 'ipv6' : 'ipv4');
