import { expect, test } from 'vitest';
import { FakeClock, type Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { createNodeHealth } from './node-health.ts';

const node = (lastHeartbeatTime: string): Kinds['nodes'] => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime }] },
});

/** A machine that may sleep: its clock goes on meanwhile, its timers do not. */
function sleepingMachine() {
  const awake = new FakeClock();
  let slept = 0;
  const clock: Clock = {
    now: () => awake.now() + slept,
    after: (milliseconds, callback) => awake.after(milliseconds, callback),
  };
  return { clock, awake, sleep: (milliseconds: number) => (slept += milliseconds) };
}

test('a renewed Lease and a newly posted condition are signs of life, another change is not', () => {
  const clock = new FakeClock();
  const health = createNodeHealth(clock, 4000);
  health.observe(node('a'));
  clock.advance(3000);
  health.observe(node('a'));
  expect(health.silentIn(node('a'))).toBe(1000);
  health.observe(node('b'));
  expect(health.silentIn(node('b'))).toBe(4000);
  clock.advance(5000);
  expect(health.silentIn(node('b'))).toBe(-1000);
  health.renewed('node1');
  expect(health.silentIn(node('b'))).toBe(4000);
  health.stop();
});

test('the time that this process slept is not held against the nodes', () => {
  const { clock, awake, sleep } = sleepingMachine();
  const health = createNodeHealth(clock, 4000);
  health.observe(node('a'));
  awake.advance(1000);
  sleep(3_600_000);
  awake.advance(500);
  expect(health.silentIn(node('a'))).toBeGreaterThanOrEqual(2500);
  awake.advance(4000);
  expect(health.silentIn(node('a'))).toBeLessThanOrEqual(0);
  health.stop();
});
