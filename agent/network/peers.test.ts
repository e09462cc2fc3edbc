import { describe, expect, test } from 'vitest';
import { macOf, parseEndpoint, sortPeers } from './peers.ts';
import type { Peer } from './pod-network.ts';

const peer: Peer = { nodeName: 'node2', internalIps: ['172.18.0.4'], podCidrs: ['10.244.2.0/24'] };
const sort = (dockerNetwork: string, changes: Partial<Peer>) =>
  sortPeers({ dockerNetwork, cidrs: ['172.18.0.3/16', 'fd12::3/64'] }, [{ ...peer, ...changes }]);

describe('a node is a neighbour', () => {
  test.each([
    ['in the same Docker network', 'n1', { dockerNetwork: 'n1', internalIps: ['192.0.2.1'] }, true],
    ['not in another, though the subnet looks the same', 'n1', { dockerNetwork: 'n2' }, false],
    ['in the uplink’s subnet, where networks are not known', '', {}, true],
    ['in the uplink’s IPv6 subnet', '', { internalIps: ['fd12::9'] }, true],
    ['not elsewhere', '', { internalIps: ['192.0.2.1'] }, false],
  ])('%s', (_name, dockerNetwork, changes, expected) => {
    expect(sort(dockerNetwork, changes).neighbours).toHaveLength(expected ? 1 : 0);
  });
});

describe('a node elsewhere', () => {
  test('takes the tunnel’s packets at its own address', () => {
    const [remote] = sort('', { internalIps: ['192.0.2.1'] }).remote;
    expect(remote).toMatchObject({ endpoint: { ip: '192.0.2.1', port: 8472 }, hidden: false });
  });

  test('or where it says, and is then reached through the tunnel itself', () => {
    const [remote] = sort('', { internalIps: ['172.20.0.2'], tunnelEndpoint: '192.0.2.1:8473' }).remote;
    expect(remote).toMatchObject({ endpoint: { ip: '192.0.2.1', port: 8473 }, hidden: true });
  });

  test('without an address of the tunnel’s family cannot be reached, which is said', () => {
    const { remote, problems } = sort('', { internalIps: ['2001:db8::1'] });
    expect(remote).toEqual([]);
    expect(problems).toEqual(['node2 has no IPv4 address for the tunnel']);
  });
});

test.each([
  ['192.0.2.1:8473', { ip: '192.0.2.1', port: 8473 }],
  ['192.0.2.1', { ip: '192.0.2.1', port: 8472 }],
  ['[2001:db8::1]:8473', { ip: '2001:db8::1', port: 8473 }],
  ['2001:db8::1', { ip: '2001:db8::1', port: 8472 }],
  ['192.0.2.1:0', undefined],
  ['192.0.2.1:65536', undefined],
  ['example.com:8472', undefined],
  ['', undefined],
])('the endpoint %j is %j', (text, expected) => {
  expect(parseEndpoint(text)).toEqual(expected);
});

test('a node’s hardware address is its own, unicast and locally administered', () => {
  expect(macOf('node1')).toMatch(/^0a(:[0-9a-f]{2}){5}$/);
  expect(macOf('node1')).not.toBe(macOf('node2'));
});
