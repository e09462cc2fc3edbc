import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { nodeIps, uplinkCidrs } from './node-status.ts';

const address = (cidr: string): NetworkInterfaceInfo => {
  const ip = cidr.split('/')[0]!;
  const common = { address: ip, netmask: '', mac: '', internal: false, cidr };
  return ip.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
};
const uplink = (...cidrs: string[]): string[] => uplinkCidrs({ eth0: cidrs.map(address) });

test('a node has an address of each IP family of its interface, IPv4 first', () => {
  expect(uplink('fd12::3/64', 'fe80::1/64', '172.20.0.3/16')).toEqual(['172.20.0.3/16', 'fd12::3/64']);
  expect(uplinkCidrs({})).toEqual([]);
});

test('LoadBalancer addresses that a node holds are not its own', () => {
  expect(uplink('fd12::ff/128', 'fd12::3/64', '172.20.255.1/32', '172.20.0.3/16')).toEqual([
    '172.20.0.3/16',
    'fd12::3/64',
  ]);
});

test('an address that is a network of its own will do when there is no other', () => {
  expect(uplink('10.0.0.3/32')).toEqual(['10.0.0.3/32']);
});

test('a node is known by addresses of the families that its cluster has, in its order', () => {
  const facts = { cidrs: ['172.20.0.3/16', 'fd12::3/64'] };
  expect(nodeIps(facts)).toEqual(['172.20.0.3', 'fd12::3']);
  expect(nodeIps(facts, ['IPv6'])).toEqual(['fd12::3']);
  expect(nodeIps(facts, ['IPv6', 'IPv4'])).toEqual(['fd12::3', '172.20.0.3']);
});
