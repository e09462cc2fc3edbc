import { expect, test } from 'vitest';
import { FakeClock } from './clock.ts';
import { Runner } from './runner.ts';

/** Lets what is ready to run do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function build(results: readonly ('ok' | 'fail')[]): {
  clock: FakeClock;
  runner: Runner;
  runs: number[];
  retries: number[];
} {
  const clock = new FakeClock(0);
  const runs: number[] = [];
  const retries: number[] = [];
  const runner = new Runner({
    clock,
    pause: 10,
    async run() {
      runs.push(clock.now());
      if (results[runs.length - 1] === 'fail') throw new Error('no');
    },
    failed: (_, retryIn) => retries.push(retryIn),
  });
  return { clock, runner, runs, retries };
}

test('runs at once, and once for requests that come together', async () => {
  const { clock, runner, runs } = build([]);
  runner.request();
  runner.request();
  await settle();
  clock.advance(1000);
  expect(runs).toEqual([0]);
});

test('runs again after its pause when asked during a run', async () => {
  const { clock, runner, runs } = build([]);
  runner.request();
  await settle();
  runner.request();
  runner.request();
  await settle();
  clock.advance(9);
  expect(runs).toEqual([0]);
  clock.advance(1);
  await settle();
  clock.advance(1000);
  expect(runs).toEqual([0, 10]);
});

test('tries again with growing delay until it succeeds', async () => {
  const { clock, runner, runs, retries } = build(['fail', 'fail', 'ok']);
  runner.request();
  for (const step of [0, 100, 200, 10_000, 10_000]) {
    clock.advance(step);
    await settle();
  }
  expect(retries).toEqual([100, 200]);
  expect(runs).toEqual([0, 100, 300]);
});

test('does not run after it was stopped', async () => {
  const { clock, runner, runs } = build([]);
  runner.request();
  await runner.stop();
  clock.advance(1000);
  expect(runs).toEqual([]);
});

test('tells who waits how the first run went that began after they asked', async () => {
  const { clock, runner, runs } = build(['ok', 'fail', 'ok']);
  const first = runner.run();
  await settle();
  const second = runner.run();
  const third = runner.run();
  await first;
  clock.advance(10);
  await expect(second).rejects.toThrow('no');
  await expect(third).rejects.toThrow('no');
  expect(runs).toEqual([0, 10]);
  await runner.stop();
});
