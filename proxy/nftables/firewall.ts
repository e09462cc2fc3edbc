import { BlockList } from 'node:net';
import { bitsOf, familyOf, type IpFamily } from '#api/ip.ts';
import type { ServicePort } from '../service-port.ts';
import type { RuleOptions } from './base-table.ts';
import { NFT_FAMILIES } from './names.ts';

/**
 * The rules that let only `loadBalancerSourceRanges` use a LoadBalancer's address. A node that may use it and holds the address itself sends
 * from that address, which then is allowed too (kube-proxy `pkg/proxy/nftables/proxier.go`, `allowFromNode`).
 */
export function firewallChain(port: ServicePort, { nodeIp }: RuleOptions): string[] {
  const { ip } = NFT_FAMILIES[port.family];
  const ranges = port.sourceRanges.filter((range) => isRange(range, port.family));
  if (ranges.length === 0) return ['drop'];
  const nodeAllowed = nodeIp !== undefined && ranges.some((range) => contains(range, nodeIp));
  const sources = nodeAllowed ? [...ranges, ...port.loadBalancerIps] : ranges;
  return [`${ip} saddr != { ${sources.join(', ')} } drop`];
}

function isRange(range: string, family: IpFamily): boolean {
  const [, address = '', prefix] = /^(\S+)\/(\d{1,3})$/.exec(range) ?? [];
  return familyOf(address) === family && Number(prefix) <= bitsOf(family);
}

function contains(range: string, ip: string): boolean {
  const [address = '', prefix] = range.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), familyOf(address) === 'IPv6' ? 'ipv6' : 'ipv4');
  return list.check(ip, familyOf(ip) === 'IPv6' ? 'ipv6' : 'ipv4');
}
