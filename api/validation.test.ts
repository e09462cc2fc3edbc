import { describe, expect, it } from 'vitest';
import {
  configMapKeyProblems,
  dns1035LabelProblems,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  envVarNameProblems,
  labelValueProblems,
  percentProblems,
  portNameProblems,
  portNumberProblems,
  qualifiedNameProblems,
} from './validation.ts';

describe('validation', () => {
  it.each([
    [dns1123LabelProblems, ['a', 'a-1', '1a', 'a'.repeat(63)], ['', 'A', '-a', 'a-', 'a.b', 'a'.repeat(64)]],
    [dns1123SubdomainProblems, ['a.b', 'a-1.b', '1'], ['', 'a..b', '.a', 'A.b', 'a_b', 'a'.repeat(254)]],
    [dns1035LabelProblems, ['a', 'a-1'], ['1a', 'a.b', '']],
    [
      qualifiedNameProblems,
      ['a', 'A_b.c', 'example.com/a'],
      ['', '/a', 'a/', 'a/b/c', 'a b', 'Ex.com/a', '-a'],
    ],
    [labelValueProblems, ['', 'a', 'A_b.c-d'], ['-', 'a ', 'a'.repeat(64), 'ä']],
    [configMapKeyProblems, ['a', '.a', 'a_b-c.d'], ['', 'a/b', '.', '..', '..a']],
    [envVarNameProblems, ['A', 'a b', '1a', 'a-b'], ['', 'a=b', 'ä', 'a\n']],
    [portNameProblems, ['http', 'a-1'], ['', 'HTTP', '1', 'a--b', '-a', 'abcdefghijklmnop']],
    [percentProblems, ['0%', '120%'], ['', '%', '1', '1.5%', '-1%']],
  ])('%o', (problems, good, bad) => {
    for (const value of good) expect(problems(value), value).toEqual([]);
    for (const value of bad) expect(problems(value).length, value).toBeGreaterThan(0);
  });

  it('says of a subdomain that it has dots, where a label is wanted', () => {
    expect(dns1123LabelProblems('a.b')).toEqual(['must not contain dots']);
  });

  it('gives the range of ports', () => {
    expect(portNumberProblems(0)).toEqual(['must be between 1 and 65535, inclusive']);
    expect(portNumberProblems(65535)).toEqual([]);
  });
});
