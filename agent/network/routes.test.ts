import { expect, test } from 'vitest';
import type { Peer } from './pod-network.ts';
import { neighbourRoutes, planRoutes, type ShownRoute } from './routes.ts';

const plan = (shown: readonly ShownRoute[], peers: readonly Peer[]) =>
  planRoutes(shown, neighbourRoutes(peers));
const node2 = { nodeName: 'node2', internalIps: ['172.18.0.4'], podCidrs: ['10.244.2.0/24'] };
const serviceRoute = { dst: '10.96.0.0/16' };

test('adds a route to a new peer', () => {
  expect(plan([serviceRoute], [node2])).toEqual([
    'route replace 10.244.2.0/24 via 172.18.0.4 dev eth0 proto 79',
  ]);
});

test('does nothing when the kernel has what is wanted', () => {
  expect(plan([serviceRoute, { dst: '10.244.2.0/24', gateway: '172.18.0.4', dev: 'eth0' }], [node2])).toEqual(
    [],
  );
});

test('moves the route of a peer whose address changed', () => {
  expect(plan([{ dst: '10.244.2.0/24', gateway: '172.18.0.9', dev: 'eth0' }], [node2])).toEqual([
    'route replace 10.244.2.0/24 via 172.18.0.4 dev eth0 proto 79',
  ]);
});

test('removes routes to peers that are gone, and leaves the route of the Services', () => {
  expect(plan([serviceRoute, { dst: '10.244.3.0/24', gateway: '172.18.0.5', dev: 'eth0' }], [])).toEqual([
    'route del 10.244.3.0/24 proto 79',
  ]);
});

test('waits for the Pod CIDR of a peer that has none yet', () => {
  expect(plan([], [{ ...node2, podCidrs: [] }])).toEqual([]);
});

test('routes each IP family by an address of its own', () => {
  const dual = {
    nodeName: 'node2',
    internalIps: ['172.18.0.4', 'fd12::4'],
    podCidrs: ['10.244.2.0/24', 'fd00:10:244:2::/64'],
  };
  expect(plan([], [dual])).toEqual([
    'route replace 10.244.2.0/24 via 172.18.0.4 dev eth0 proto 79',
    'route replace fd00:10:244:2::/64 via fd12::4 dev eth0 proto 79',
  ]);
});
