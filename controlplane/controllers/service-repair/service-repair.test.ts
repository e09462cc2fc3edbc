import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Kinds } from '#api/resources.ts';
import { create, testRegistry, type TestRegistry } from '../../registry/test-registry.ts';
import { startClusterIpRepair } from './cluster-ip-repair.ts';
import { portProblems } from './node-port-repair.ts';

async function start() {
  const cluster = await testRegistry();
  await create(cluster, 'servicecidrs', {
    metadata: { name: 'kubernetes' },
    spec: { cidrs: ['10.96.0.0/16'] },
  });
  const repair = startClusterIpRepair({ ...cluster, log: pino({ level: 'silent' }) });
  return { ...cluster, repair };
}
const rest = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await turn();
};
const make = (cluster: TestRegistry): Promise<unknown> =>
  create(cluster, 'services', {
    metadata: { name: 's' },
    spec: { clusterIP: '10.96.7.7', ports: [{ port: 80 }] },
  });
const eventsOf = ({ client }: TestRegistry): string[] =>
  client.list('events').map(({ reason, message }) => `${reason}: ${message}`);

test('an IPAddress that somebody deletes comes back while its Service is there', async () => {
  const cluster = await start();
  await make(cluster);
  await cluster.client.delete('ipaddresses', '', '10.96.7.7');
  await rest();
  expect(cluster.client.get('ipaddresses', '', '10.96.7.7')?.spec.parentRef.name).toBe('s');
  expect(eventsOf(cluster)).toEqual([
    'ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.7.7 is not allocated; repairing',
  ]);
  await cluster.client.delete('services', 'default', 's');
  await rest();
  expect(cluster.client.list('ipaddresses')).toEqual([]);
  await cluster.repair.stop();
});

test('Services that were made before there were IPAddresses get theirs', async () => {
  const cluster = await start();
  await make(cluster);
  await cluster.repair.stop();
  await cluster.client.delete('ipaddresses', '', '10.96.7.7');
  const repair = startClusterIpRepair({ ...cluster, log: pino({ level: 'silent' }) });
  await rest();
  expect(cluster.client.get('ipaddresses', '', '10.96.7.7')).toBeDefined();
  await repair.stop();
});

const LABELS = {
  'ipaddress.kubernetes.io/ip-family': 'IPv4',
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
};
const address = (parentRef: object, labels: object = LABELS): object => ({
  metadata: { name: '10.96.8.8', labels },
  spec: { parentRef },
});

test('an IPAddress of the allocator whose Service does not have it goes at once, of a lost Service after a minute', async () => {
  const cluster = await start();
  await make(cluster);
  const parentRef = { group: '', resource: 'services', namespace: 'default', name: 's' };
  await create(cluster, 'ipaddresses', address(parentRef));
  await rest();
  expect(cluster.client.get('ipaddresses', '', '10.96.8.8')).toBeUndefined();
  expect(eventsOf(cluster)).toEqual([
    'IPAddressWrongReference: IPAddress: 10.96.8.8 for Service default/s has a wrong reference; cleaning up',
  ]);
  await create(cluster, 'ipaddresses', address({ ...parentRef, name: 'lost' }));
  await rest();
  expect(cluster.client.get('ipaddresses', '', '10.96.8.8')).toBeDefined();
  cluster.clock.advance(61_000);
  await rest();
  expect(cluster.client.get('ipaddresses', '', '10.96.8.8')).toBeUndefined();
  await cluster.repair.stop();
});

test('IPAddresses of others are left alone', async () => {
  const cluster = await start();
  await create(
    cluster,
    'ipaddresses',
    address({ resource: 'services', namespace: 'default', name: 'lost' }, {}),
  );
  await rest();
  cluster.clock.advance(61_000);
  await rest();
  expect(cluster.client.get('ipaddresses', '', '10.96.8.8')).toBeDefined();
  await cluster.repair.stop();
});

test('a Service tells of an address that no ServiceCIDR has', async () => {
  const cluster = await start();
  await create(cluster, 'servicecidrs', { metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } });
  await create(cluster, 'services', {
    metadata: { name: 'far' },
    spec: { clusterIP: '10.97.0.7', ports: [{ port: 80 }] },
  });
  await cluster.client.delete('servicecidrs', '', 'more');
  await rest();
  expect(eventsOf(cluster)).toEqual([
    'ClusterIPOutOfRange: Cluster IP [IPv4]: 10.97.0.7 is not within any configured Service CIDR; please recreate service',
  ]);
  await cluster.repair.stop();
});

const service = (name: string, ...ports: number[]): Kinds['services'] =>
  ({
    metadata: { name },
    spec: { ports: ports.map((nodePort) => ({ port: 80, nodePort })) },
  }) as Kinds['services'];

test('node ports that two Services have, or that are out of range, are told of', () => {
  const services = [service('a', 30001, 30001), service('b', 30001), service('c', 80, 30002)];
  const problems = portProblems(services, { first: 30000, last: 32767 });
  expect(problems.map(({ service: { metadata }, reason }) => [metadata.name, reason])).toEqual([
    ['b', 'PortAlreadyAllocated'],
    ['c', 'PortOutOfRange'],
  ]);
});
