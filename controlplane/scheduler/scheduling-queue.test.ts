import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { PLUGINS } from './plugins/registry.ts';
import { SchedulingQueue, type QueuedPod } from './scheduling-queue.ts';
import { pod } from './test-cluster.ts';

let clock: FakeClock;
let queue: SchedulingQueue;
beforeEach(() => {
  clock = new FakeClock();
  queue = new SchedulingQueue({ clock, plugins: PLUGINS, onActive: () => {} });
});

const fit = new Set(['NodeResourcesFit']);
const takeName = (): string | undefined => queue.take()?.pod.metadata.name;

function failOnce(name: string, plugins: ReadonlySet<string>): QueuedPod {
  queue.put(pod(name), false);
  const taken = queue.take()!;
  queue.failed(taken, plugins);
  return taken;
}

test('Pods come by priority, then in the order in which they came', () => {
  queue.put(pod('first'), false);
  clock.advance(1);
  queue.put(pod('second'), false);
  queue.put(pod('urgent', { priority: 1000 }), false);
  queue.put(pod('third'), false);
  expect([takeName(), takeName(), takeName(), takeName(), takeName()]).toEqual([
    'urgent',
    'first',
    'second',
    'third',
    undefined,
  ]);
});

test('an unschedulable Pod waits for an event that its plugins care for, and for its backoff', () => {
  failOnce('p', fit);
  clock.advance(60_000);
  queue.notice('PodAdd');
  expect(takeName()).toBeUndefined();
  queue.notice('PodDelete');
  expect(takeName()).toBe('p');

  failOnce('q', fit);
  queue.notice('NodeAdd');
  expect(takeName()).toBeUndefined();
  clock.advance(1000);
  expect(takeName()).toBe('q');
});

test('the backoff doubles with each attempt up to ten seconds', () => {
  queue.put(pod('p'), false);
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    const taken = queue.take()!;
    queue.failed(taken, new Set());
    let waited = 0;
    while (queue.take() === undefined) {
      clock.advance(1000);
      waited += 1000;
      if (waited > 20_000) break;
    }
    waits.push(waited);
    queue.failed({ ...taken, attempts: taken.attempts }, new Set());
    clock.advance(20_000);
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('an unschedulable Pod is tried again after five minutes without any event', () => {
  failOnce('p', fit);
  clock.advance(299_999);
  expect(takeName()).toBeUndefined();
  clock.advance(1);
  expect(takeName()).toBe('p');
});

test('a change of what it asks for brings a Pod back, a change of its status does not', () => {
  const { pod: failed } = failOnce('p', fit);
  clock.advance(5000);
  queue.put({ ...failed, status: { phase: 'Pending' } }, false);
  expect(takeName()).toBeUndefined();
  const changed = { ...failed, spec: { ...failed.spec!, priority: 3 } };
  queue.put(changed, true);
  expect(queue.take()?.pod).toBe(changed);
});

test('a deleted Pod is nowhere any more', () => {
  queue.put(pod('waiting'), false);
  queue.delete(queue.take()!.pod.metadata.uid);
  const { pod: failed } = failOnce('p', fit);
  queue.delete(failed.metadata.uid);
  const { pod: backingOff } = failOnce('q', new Set());
  queue.delete(backingOff.metadata.uid);
  const active = pod('r');
  queue.put(active, false);
  queue.delete(active.metadata.uid);
  clock.advance(1_000_000);
  queue.notice('NodeAdd');
  expect(takeName()).toBeUndefined();
});
