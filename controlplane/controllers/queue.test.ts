import { expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { WorkQueue } from './queue.ts';

function setUp() {
  const clock = new FakeClock();
  const ready: number[] = [];
  const queue = new WorkQueue({ clock, onReady: () => ready.push(clock.now()) });
  return { clock, queue, ready };
}

test('a key that waits is in the queue once, and keys come out in the order they came in', () => {
  const { queue, ready } = setUp();
  for (const key of ['a', 'b', 'a']) queue.add(key);
  expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined]);
  expect(ready).toHaveLength(2);
});

test('a key added while it is worked on comes back after done, once', () => {
  const { queue } = setUp();
  queue.add('a');
  expect(queue.take()).toBe('a');
  queue.add('a');
  queue.add('a');
  expect(queue.take()).toBeUndefined();
  queue.done('a');
  expect(queue.take()).toBe('a');
  queue.done('a');
  expect(queue.take()).toBeUndefined();
});

test('a delayed key comes at the earliest time that was asked for', () => {
  const { clock, queue } = setUp();
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 80);
  clock.advance(49);
  expect(queue.length).toBe(0);
  clock.advance(1);
  expect(queue.take()).toBe('a');
  queue.done('a');
  clock.advance(1000);
  expect(queue.length).toBe(0);
});

test('delays after failures double up to the limit, and start anew after forget', () => {
  const { queue } = setUp();
  const delays = Array.from({ length: 20 }, () => queue.addRateLimited('a'));
  expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
  expect(delays.at(-1)).toBe(1_000_000);
  expect(queue.failures('a')).toBe(20);
  queue.forget('a');
  expect(queue.addRateLimited('a')).toBe(5);
});

test('a closed queue gives nothing out and takes nothing in', () => {
  const { clock, queue, ready } = setUp();
  queue.add('a');
  queue.addAfter('b', 10);
  queue.close();
  queue.add('c');
  clock.advance(20);
  expect(queue.take()).toBeUndefined();
  expect(ready).toHaveLength(1);
});
