import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { scheduleProblem } from './schedule.ts';

it.each(['* * * * *', '*/5 0-23/2 1,15 JAN-mar Sun', '0 0 ? * 6', '@hourly', '@every 1h30m'])(
  'takes the schedule %s',
  (schedule) => {
    expect(scheduleProblem(schedule)).toBeUndefined();
  },
);

it.each([
  ['x y', 'expected exactly 5 fields, found 2: [x y]'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['*/1/2 * * * *', 'too many slashes: */1/2'],
  ['@never', 'unrecognized descriptor: @never'],
  ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
])('refuses the schedule %s', (schedule, problem) => {
  expect(scheduleProblem(schedule)).toBe(problem);
});

it('answers to any text', () => {
  const field = fc.stringMatching(/^[-*/,?0-9a-z]{0,6}$/);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(field).map((fields) => fields.join(' ')),
      ),
      (text) => {
        expect(typeof scheduleProblem(text)).toMatch(/string|undefined/);
      },
    ),
  );
});
