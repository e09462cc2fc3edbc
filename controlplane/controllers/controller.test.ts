import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import { expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { StatusError } from '#api/status.ts';
import { runController } from './controller.ts';

function setUp(sync: (key: string) => Promise<void | { requeueAfterMs: number }>, workers = 2) {
  const clock = new FakeClock();
  const lines: { level: number; key: string; retryAfterMs: number; err: { message: string } }[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => lines.push(JSON.parse(line)) });
  const controller = runController({ name: 'test', clock, log, workers, sync });
  return { clock, controller, lines };
}

test('a burst of events of one object is one sync', async () => {
  const synced: string[] = [];
  const { controller } = setUp(async (key) => void synced.push(key));
  for (let i = 0; i < 10; i++) controller.enqueue('a');
  await nextTurn();
  expect(synced).toEqual(['a']);
});

test('no more keys than workers are synced at a time, and one key never twice at a time', async () => {
  const running: string[] = [];
  let most = 0;
  const seen: string[] = [];
  const { controller } = setUp(async (key) => {
    expect(running).not.toContain(key);
    running.push(key);
    most = Math.max(most, running.length);
    await nextTurn();
    running.splice(running.indexOf(key), 1);
    seen.push(key);
  });
  for (const key of ['a', 'b', 'c', 'd']) controller.enqueue(key);
  await Promise.resolve();
  controller.enqueue('a');
  for (let i = 0; i < 10; i++) await nextTurn();
  expect(most).toBe(2);
  expect(seen.toSorted()).toEqual(['a', 'a', 'b', 'c', 'd']);
});

test.each([0, 1, 2, 3, 4, 5, 6])(
  'a key added %i microtasks after the end of the last sync is synced',
  async (microtasks) => {
    const synced: string[] = [];
    const { controller } = setUp(async (key) => {
      synced.push(key);
      if (key === 'a') void pass(microtasks).then(() => controller.enqueue('b'));
    }, 1);
    controller.enqueue('a');
    await nextTurn();
    expect(synced).toEqual(['a', 'b']);
  },
);

async function pass(microtasks: number): Promise<void> {
  for (let i = 0; i < microtasks; i++) await Promise.resolve();
}

test('a failed sync is logged and tried again with growing delays', async () => {
  let attempts = 0;
  const { clock, controller, lines } = setUp(async () => {
    if (++attempts < 3) throw new Error('disk on fire');
  });
  controller.enqueue('a');
  await nextTurn();
  expect(attempts).toBe(1);
  clock.advance(5);
  await nextTurn();
  expect(attempts).toBe(2);
  clock.advance(9);
  await nextTurn();
  expect(attempts).toBe(2);
  clock.advance(1);
  await nextTurn();
  expect(attempts).toBe(3);
  expect(lines.map((line) => [line.level, line.key, line.retryAfterMs, line.err.message])).toEqual([
    [40, 'a', 5, 'disk on fire'],
    [40, 'a', 10, 'disk on fire'],
  ]);
});

test('a conflict is tried again but not logged above debug', async () => {
  let attempts = 0;
  const { clock, controller, lines } = setUp(async () => {
    if (++attempts === 1) throw new StatusError('Conflict', 'stale');
  });
  controller.enqueue('a');
  await nextTurn();
  clock.advance(5);
  await nextTurn();
  expect(attempts).toBe(2);
  expect(lines.map((line) => line.level)).toEqual([20]);
});

test('a sync may ask to come again later', async () => {
  let syncs = 0;
  const { clock, controller } = setUp(async () => (++syncs === 1 ? { requeueAfterMs: 1000 } : undefined));
  controller.enqueue('a');
  await nextTurn();
  clock.advance(999);
  await nextTurn();
  expect(syncs).toBe(1);
  clock.advance(1);
  await nextTurn();
  expect(syncs).toBe(2);
  clock.advance(10_000);
  await nextTurn();
  expect(syncs).toBe(2);
});

test('stop waits for the running sync and starts no other', async () => {
  const events: string[] = [];
  const { controller } = setUp(async (key) => {
    events.push(`start ${key}`);
    await nextTurn();
    events.push(`end ${key}`);
  }, 1);
  controller.enqueue('a');
  controller.enqueue('b');
  await Promise.resolve();
  await Promise.resolve();
  await controller.stop();
  controller.enqueue('c');
  await nextTurn();
  expect(events).toEqual(['start a', 'end a']);
});
