import { expect, it } from 'vitest';
import { addressRange } from '#api/cidr.ts';
import {
  controlPlaneSpec,
  ipv6Subnet,
  networkSpec,
  nodeNames,
  nodeSpec,
  type ClusterSettings,
} from './spec.ts';

const settings: ClusterSettings = {
  name: 'lab',
  image: 'podlab:test',
  apiPort: 7443,
  joinToken: 'secret',
  proxyMode: 'userspace',
  evictionSeconds: 30,
  ipFamily: 'ipv4',
};

it('gives the control plane neither a capability that matters nor the Docker socket', () => {
  const { HostConfig: host } = controlPlaneSpec(settings);
  expect(host?.CapDrop).toEqual(['ALL']);
  expect(host?.Privileged).toBeUndefined();
  expect(host?.Binds?.join()).not.toContain('docker.sock');
});

it('publishes the API on the loopback address alone', () => {
  expect(controlPlaneSpec(settings).HostConfig?.PortBindings).toEqual({
    '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: '7443' }],
  });
});

it('publishes the control plane and a tunnel port a node where nodes of other machines join', () => {
  const open = { ...settings, joinAddress: '192.0.2.10' };
  expect(controlPlaneSpec(open).HostConfig?.PortBindings).toMatchObject({
    '7443/tcp': [{ HostIp: '192.0.2.10', HostPort: '7443' }],
  });
  const node = nodeSpec(open, 'node3');
  expect(node.HostConfig?.PortBindings).toEqual({ '8472/udp': [{ HostIp: '192.0.2.10', HostPort: '8474' }] });
  expect(node.Env).toContain('PODLAB_TUNNEL_ENDPOINT=192.0.2.10:8474');
  expect(nodeSpec(settings, 'node3').HostConfig?.PortBindings).toBeUndefined();
});

it('never makes a node privileged', () => {
  const { HostConfig: host } = nodeSpec(settings, 'node2');
  expect(host?.Privileged).toBeUndefined();
  expect(host?.CapAdd).toEqual(['NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE']);
  expect(host?.PidMode).toBe('host');
});

it('labels and names both after the cluster', () => {
  const node = nodeSpec(settings, 'node2');
  expect(node.name).toBe('lab-node2');
  expect(node.Labels).toMatchObject({
    'io.podlab.cluster': 'lab',
    'io.podlab.node': 'node2',
    'io.podlab.role': 'node',
  });
  expect(controlPlaneSpec(settings).Labels).toMatchObject({
    'io.podlab.cluster': 'lab',
    'io.podlab.role': 'controlplane',
  });
});

it('numbers nodes from 1', () => {
  expect(nodeNames(3)).toEqual(['node1', 'node2', 'node3']);
});

it('asks for nothing of IPv6 in a cluster of IPv4, whose kernel may have none', () => {
  expect(networkSpec(settings)).not.toHaveProperty('EnableIPv6');
  const sysctls = [nodeSpec(settings, 'node1'), controlPlaneSpec(settings)].map(
    ({ HostConfig: host }) => host?.Sysctls ?? {},
  );
  expect(sysctls.flatMap((one) => Object.keys(one)).join()).not.toContain('ipv6');
});

it.each(['ipv6', 'dual'] as const)('turns IPv6 on in a cluster of %s', (ipFamily) => {
  const { EnableIPv6: enabled, IPAM: ipam } = networkSpec({ name: 'lab', ipFamily });
  expect(enabled).toBe(true);
  expect(ipam?.Config).toEqual([{ Subnet: ipv6Subnet('lab') }]);
  const { HostConfig: host } = nodeSpec({ ...settings, ipFamily }, 'node1');
  expect(host?.Sysctls).toMatchObject({
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.disable_ipv6': '0',
    'net.ipv6.conf.default.disable_ipv6': '0',
    'net.ipv6.conf.all.forwarding': '1',
  });
  expect(controlPlaneSpec({ ...settings, ipFamily }).Env).toContain(`PODLAB_IP_FAMILY=${ipFamily}`);
});

it('derives a unique local /64 from the name of the cluster', () => {
  const subnets = ['podlab', 'lab', 'lab2', 'a'].map(ipv6Subnet);
  expect(new Set(subnets).size).toBe(4);
  expect(ipv6Subnet('lab')).toBe(ipv6Subnet('lab'));
  for (const subnet of subnets) {
    const range = addressRange(subnet)!;
    expect([range.prefix, range.first >> 120n]).toEqual([64, 0xfdn]);
  }
});
