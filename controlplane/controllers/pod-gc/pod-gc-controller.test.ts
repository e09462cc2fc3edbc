import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { pod } from '../test-objects.ts';
import { startPodGcController } from './pod-gc-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(async () => {
  context = testContext();
  controller = startPodGcController(context);
  await context.client.create('nodes', { metadata: { name: 'node1' } });
});
afterEach(() => controller.stop());

const names = (): string[] => context.client.list('pods').map(({ metadata }) => metadata.name);

test('Pods of a deleted node are failed and removed after 40 seconds, others stay', async () => {
  const { client } = context;
  await client.seed('pods', pod('orphan', { nodeName: 'node1', phase: 'Running' }));
  await client.seed('pods', pod('waiting'));
  const failed: unknown[] = [];
  client.watch('pods', {
    updated: (_, { status }) => failed.push([status?.phase, status?.conditions?.at(-1)?.reason]),
  });
  await client.delete('nodes', '', 'node1');
  await client.settled();
  await context.pass(39);
  expect(names()).toEqual(['orphan', 'waiting']);
  await context.pass(1);
  expect(names()).toEqual(['waiting']);
  expect(failed).toEqual([['Failed', 'DeletionByPodGC']]);
});

test('a node that comes back in time keeps its Pods', async () => {
  const { client } = context;
  await client.seed('pods', pod('p', { nodeName: 'node1' }));
  await client.delete('nodes', '', 'node1');
  await client.settled();
  await context.pass(30);
  await client.create('nodes', { metadata: { name: 'node1' } });
  await context.pass(30);
  expect(names()).toEqual(['p']);
  await client.delete('nodes', '', 'node1');
  await client.settled();
  await context.pass(39);
  expect(names()).toEqual(['p']);
});

test('a Pod that is deleted before it has a node goes at once', async () => {
  const { client } = context;
  const { metadata, ...rest } = pod('p');
  await client.create('pods', { ...rest, metadata: { ...metadata, finalizers: ['example.com/wait'] } });
  await client.delete('pods', 'default', 'p');
  await client.settled();
  const held = client.get('pods', 'default', 'p')!;
  await client.update('pods', { ...held, metadata: { ...held.metadata, finalizers: [] } });
  await client.settled();
  expect(names()).toEqual([]);
});

test('a node out of service gives up its Pods that are being deleted, and only those', async () => {
  const { client } = context;
  await client.seed('pods', pod('leaving', { nodeName: 'node1' }));
  await client.seed('pods', pod('staying', { nodeName: 'node1' }));
  await client.delete('pods', 'default', 'leaving');
  await client.settled();
  expect(names()).toEqual(['leaving', 'staying']);
  const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }];
  await client.update('nodes', { ...client.get('nodes', '', 'node1')!, spec: { taints } });
  await client.settled();
  expect(names()).toEqual(['staying']);
});
