import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { testContext } from '../test-context.ts';
import { startNodeIpamController } from './node-ipam-controller.ts';
import { clusterNetwork } from '#api/cluster-network.ts';
import { choosePodCidrs, podCidrs } from './pod-cidrs.ts';

const CIDRS = clusterNetwork('dual').podCidrs;

test('a numbered node gets the range of its number, in whatever order nodes come', async () => {
  const context = testContext();
  const controller = startNodeIpamController(context);
  const { client } = context;
  for (const name of ['node3', 'node1', 'worker-a', 'node2', 'node300']) {
    await client.create('nodes', { metadata: { name } });
  }
  await client.settled();
  expect(client.list('nodes').map(({ metadata, spec }) => [metadata.name, spec?.podCIDR])).toEqual([
    ['node1', '10.244.1.0/24'],
    ['node2', '10.244.2.0/24'],
    ['node3', '10.244.3.0/24'],
    ['node300', '10.244.254.0/24'],
    ['worker-a', '10.244.255.0/24'],
  ]);
  expect(client.get('nodes', '', 'node1')?.spec?.podCIDRs).toEqual(['10.244.1.0/24']);
  await controller.stop();
});

test('a range that a node was given stays, and is free again when the node is gone', async () => {
  const context = testContext();
  const { client } = context;
  const spec = { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] };
  await client.create('nodes', { metadata: { name: 'squatter' }, spec });
  const controller = startNodeIpamController(context);
  await client.create('nodes', { metadata: { name: 'node1' } });
  await client.settled();
  expect(client.get('nodes', '', 'node1')?.spec?.podCIDR).toBe('10.244.255.0/24');
  await client.delete('nodes', '', 'squatter');
  await client.delete('nodes', '', 'node1');
  await client.create('nodes', { metadata: { name: 'node1' } });
  await client.settled();
  expect(client.get('nodes', '', 'node1')?.spec?.podCIDR).toBe('10.244.1.0/24');
  await controller.stop();
});

test('a node of a dual-stack cluster gets a range of each family, the primary one first', async () => {
  const network = clusterNetwork('dual');
  const context = testContext({ network });
  const controller = startNodeIpamController(context);
  const { client } = context;
  await client.create('nodes', { metadata: { name: 'node12' } });
  await client.settled();
  const { spec } = client.get('nodes', '', 'node12')!;
  expect(spec?.podCIDR).toBe('10.244.12.0/24');
  expect(spec?.podCIDRs).toEqual(['10.244.12.0/24', 'fd00:10:244:c::/64']);
  await controller.stop();
});

test('no range is ever given twice, and all of them are given', () => {
  const name = fc.oneof(
    fc.integer({ min: 0, max: 400 }).map((n) => `node${n}`),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(name, { minLength: 260, maxLength: 260 }), (names) => {
      const taken = new Set<string>();
      for (const [i, one] of names.entries()) {
        const cidrs = choosePodCidrs(CIDRS, one, taken);
        if (i >= 256) expect(cidrs).toBeUndefined();
        for (const cidr of cidrs ?? []) {
          expect(taken.has(cidr)).toBe(false);
          taken.add(cidr);
        }
      }
      expect(taken).toEqual(new Set(Array.from({ length: 256 }, (_, i) => podCidrs(CIDRS, i)).flat()));
    }),
    { numRuns: 4 },
  );
});
