import { expect, it } from 'vitest';
import { telling } from './logs.ts';

const line = (level: number, msg: string, more = {}) => JSON.stringify({ level, msg, ...more });

it('picks warnings and errors, with the message of the error', () => {
  const log = [
    line(30, 'starts'),
    line(50, 'cannot join', { err: { message: 'wrong token' } }),
    line(30, 'goes on'),
  ];
  expect(telling(log.join('\n'))).toEqual(['cannot join: wrong token']);
});

it('keeps lines that are not JSON: a stack trace, a shell error', () => {
  expect(telling(`${line(30, 'starts')}\nsh: node: not found\n`)).toEqual(['sh: node: not found']);
});

it('gives the last lines where nothing is serious', () => {
  expect(telling([line(30, 'one'), line(30, 'two')].join('\n'))).toEqual(['one', 'two']);
});

it('gives nothing for an empty log, and survives half a JSON line', () => {
  expect(telling('')).toEqual([]);
  expect(telling('{"level":50,')).toEqual(['{"level":50,']);
});
