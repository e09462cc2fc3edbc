import { expect, it } from 'vitest';
import { median, rate, table } from './measure.ts';

it('takes the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

it('counts what all workers got done, each call with a number of its own', async () => {
  const seen: number[] = [];
  const perSecond = await rate(0.05, 3, async (n) => {
    seen.push(n);
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  expect(new Set(seen).size).toBe(seen.length);
  expect(perSecond).toBeGreaterThan(0);
  expect(perSecond).toBeLessThanOrEqual(seen.length / 0.05);
});

it('prints a figure beside another with their ratio', () => {
  const text = table([
    { what: 'start', value: 3.456, unit: 's' },
    { what: 'one Pod', value: 300, unit: 'ms', beside: { what: 'raw Docker', value: 250 } },
  ]);
  expect(text).toBe('start    3.46 s\none Pod  300 ms  raw Docker 250 ms  × 1.20');
});
