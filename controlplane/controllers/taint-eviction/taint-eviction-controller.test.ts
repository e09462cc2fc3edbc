import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Taint, Toleration } from '#api/gen/types.ts';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { pod } from '../test-objects.ts';
import { toleratedFor } from './eviction-plan.ts';
import { startTaintEvictionController } from './taint-eviction-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(async () => {
  context = testContext();
  controller = startTaintEvictionController(context);
  await context.client.create('nodes', { metadata: { name: 'node1' } });
});
afterEach(() => controller.stop());

const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const toleratesFor = (tolerationSeconds?: number): Toleration => ({
  key: unreachable.key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

async function taint(...taints: Taint[]): Promise<void> {
  const { client } = context;
  await client.update('nodes', { ...client.get('nodes', '', 'node1')!, spec: { taints } });
  await client.settled();
}

async function run(name: string, tolerations: Toleration[]): Promise<void> {
  await context.client.create('pods', pod(name, { nodeName: 'node1', spec: { tolerations } }));
}

const isMarked = (name: string): boolean =>
  context.client.get('pods', 'default', name)?.metadata.deletionTimestamp !== undefined;

test('Pods that do not tolerate the taint go at once, those that do stay', async () => {
  await run('intolerant', []);
  await run('tolerant', [toleratesFor()]);
  await context.client.seed('pods', pod('elsewhere', { nodeName: 'node2' }));
  await taint(unreachable);
  expect([isMarked('intolerant'), isMarked('tolerant'), isMarked('elsewhere')]).toEqual([true, false, false]);
  expect(context.client.get('pods', 'default', 'intolerant')?.status?.conditions).toContainEqual({
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  expect(context.events()).toEqual([
    'Normal TaintManagerEviction intolerant Marking for deletion Pod default/intolerant',
  ]);
});

test('a Pod that tolerates the taint for a time goes when that is over', async () => {
  await run('p', [toleratesFor(30)]);
  await taint(unreachable);
  await context.pass(29);
  expect(isMarked('p')).toBe(false);
  await context.pass(1);
  expect(isMarked('p')).toBe(true);
});

test('when the taint goes, the Pod stays, and a new taint gives the whole time again', async () => {
  await run('p', [toleratesFor(30)]);
  await taint(unreachable);
  await context.pass(20);
  await taint();
  expect(context.events()).toEqual(['Normal TaintManagerEviction p Cancelling deletion of Pod default/p']);
  await taint(unreachable);
  await context.pass(29);
  expect(isMarked('p')).toBe(false);
  await context.pass(1);
  expect(isMarked('p')).toBe(true);
});

test('other changes of the node do not give more time', async () => {
  await run('p', [toleratesFor(30)]);
  await taint(unreachable);
  await context.pass(20);
  await taint(unreachable, { key: 'x', effect: 'NoSchedule' });
  await context.pass(10);
  expect(isMarked('p')).toBe(true);
});

test('a Pod that is bound to a tainted node goes too', async () => {
  await taint(unreachable);
  await run('p', []);
  await context.client.settled();
  expect(isMarked('p')).toBe(true);
});

test.each<[string, Taint[], Toleration[], number | undefined]>([
  ['the shortest time counts', [unreachable], [toleratesFor(5)], 5000],
  ['a negative time is none', [unreachable], [toleratesFor(-1)], 0],
  ['every taint must be tolerated', [unreachable, { key: 'x', effect: 'NoExecute' }], [toleratesFor()], 0],
  ['an empty key with Exists tolerates everything', [unreachable], [{ operator: 'Exists' }], undefined],
  [
    'another value is no toleration',
    [{ ...unreachable, value: 'a' }],
    [{ key: unreachable.key, value: 'b' }],
    0,
  ],
])('%s', (_, taints, tolerations, expected) => {
  expect(toleratedFor(taints, tolerations)).toBe(expected);
});
