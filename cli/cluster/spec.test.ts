import { expect, it } from 'vitest';
import { controlPlaneSpec, nodeNames, nodeSpec, type ClusterSettings } from './spec.ts';

const settings: ClusterSettings = {
  name: 'lab',
  image: 'podlab:test',
  apiPort: 7443,
  joinToken: 'secret',
  proxyMode: 'userspace',
  evictionSeconds: 30,
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
