import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { StatusError } from '#api/status.ts';
import { FakeClient } from '../fake-client.ts';
import type { Pod } from './framework.ts';
import { startScheduler } from './start.ts';
import { node, pod, requesting } from './test-cluster.ts';

let clock: FakeClock;
let client: FakeClient;
let scheduler: { stop(): void };
beforeEach(() => {
  clock = new FakeClock();
  client = new FakeClient(clock);
  scheduler = startScheduler({ client, clock, log: pino({ level: 'silent' }), random: () => 0 });
});
afterEach(() => scheduler.stop());

const read = (name: string): Pod => client.get('pods', 'default', name)!;
const events = () => client.list('events').map(({ type, reason, message }) => `${type} ${reason} ${message}`);

test('a Pod gets a node, and an event says so', async () => {
  await client.seed('nodes', node('node1'));
  await client.create('pods', pod('p'));
  await client.settled();
  expect(read('p').spec?.nodeName).toBe('node1');
  expect(events()).toEqual(['Normal Scheduled Successfully assigned default/p to node1']);
});

test('Pods that come together are placed together, none over the top of another', async () => {
  const small = { allocatable: { cpu: '2' } };
  for (const name of ['node1', 'node2', 'node3']) await client.seed('nodes', node(name, small));
  await Promise.all(
    Array.from({ length: 6 }, (_, i) => client.create('pods', pod(`p${i}`, requesting({ cpu: '1' })))),
  );
  await client.settled();
  const counts = new Map<string, number>();
  for (const { spec } of client.list('pods'))
    counts.set(spec!.nodeName!, (counts.get(spec!.nodeName!) ?? 0) + 1);
  expect(Object.fromEntries(counts)).toEqual({ node1: 2, node2: 2, node3: 2 });
});

test('a Pod that fits nowhere says so in its condition and an event, and is placed when a node comes', async () => {
  await client.seed('nodes', node('node1', { spec: { unschedulable: true } }));
  await client.create('pods', pod('p'));
  await client.settled();
  const message =
    '0/1 nodes are available: 1 node(s) were unschedulable. ' +
    'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  expect(read('p').status?.conditions).toEqual([
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 1,
    },
  ]);
  expect(events()).toEqual([`Warning FailedScheduling ${message}`]);

  clock.advance(1000);
  await client.seed('nodes', node('node2'));
  await client.settled();
  expect(read('p').spec?.nodeName).toBe('node2');
});

test('a Pod comes at once when another makes room for it', async () => {
  await client.seed('nodes', node('node1', { allocatable: { cpu: '1' } }));
  await client.create('pods', pod('first', requesting({ cpu: '1' })));
  await client.settled();
  await client.create('pods', pod('second', requesting({ cpu: '1' })));
  await client.settled();
  expect(read('second').spec?.nodeName).toBeUndefined();
  clock.advance(5000);
  await client.delete('pods', 'default', 'first', { gracePeriodSeconds: 0 });
  await client.settled();
  expect(read('second').spec?.nodeName).toBe('node1');
});

test('heartbeats of a node wake nobody', async () => {
  const cordoned = await client.seed('nodes', node('node1', { spec: { unschedulable: true } }));
  await client.create('pods', pod('p'));
  await client.settled();
  clock.advance(60_000);
  const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:01:00Z' }];
  await client.updateStatus('nodes', { ...cordoned, status: { ...cordoned.status, conditions } });
  await client.settled();
  expect(client.list('events')[0]?.count).toBe(1);
});

test('a binding that fails frees the place and is tried again after its backoff', async () => {
  await client.seed('nodes', node('node1', { allocatable: { pods: '1' } }));
  client.refuse = ({ verb }) => (verb === 'bind' ? new StatusError('InternalError', 'no luck') : undefined);
  await client.create('pods', pod('p'));
  await client.settled();
  expect(read('p').status?.conditions).toMatchObject([
    { type: 'PodScheduled', reason: 'SchedulerError', message: 'binding rejected: no luck' },
  ]);
  client.refuse = () => undefined;
  clock.advance(1000);
  await client.settled();
  expect(read('p').spec?.nodeName).toBe('node1');
});

test('Pods of another scheduler, gated or being deleted are left alone', async () => {
  await client.seed('nodes', node('node1'));
  await client.create('pods', pod('foreign', { schedulerName: 'mine' }));
  const gated = await client.create(
    'pods',
    pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] }),
  );
  await client.settled();
  expect(client.list('pods').map(({ spec }) => spec?.nodeName)).toEqual([undefined, undefined]);
  const { schedulingGates: _, ...spec } = gated.spec!;
  await client.update('pods', { ...gated, spec });
  await client.settled();
  expect(read('gated').spec?.nodeName).toBe('node1');
});

test('a Pod with a malformed quantity does not keep others from being placed', async () => {
  await client.seed('nodes', node('node1'));
  await client.create('pods', pod('bad', requesting({ cpu: 'lots' })));
  await client.create('pods', pod('good'));
  await client.settled();
  expect(read('good').spec?.nodeName).toBe('node1');
  expect(read('bad').status?.conditions?.[0]?.reason).toBe('SchedulerError');
});

test('ten Pods are placed within a few milliseconds', async () => {
  for (const name of ['node1', 'node2', 'node3']) await client.seed('nodes', node(name));
  const start = performance.now();
  await Promise.all(Array.from({ length: 10 }, (_, i) => client.create('pods', pod(`p${i}`))));
  while (client.list('pods').some(({ spec }) => spec?.nodeName === undefined)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(performance.now() - start).toBeLessThan(100);
});
