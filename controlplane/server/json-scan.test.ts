import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSyntaxError, scanJson } from './json-scan.ts';

describe('scanning JSON', () => {
  it('finds fields that stand there twice, by path, each once', () => {
    expect(scanJson('{"metadata":{"name":"p","name":"q","name":"r"}}')).toEqual(['metadata.name']);
    expect(scanJson('{"a":[{"b":1},{"b":1,"b":2}],"a":0}')).toEqual(['a[1].b', 'a']);
    expect(scanJson('{"a":{"x":1},"b":{"x":1}}')).toEqual([]);
  });

  it.each([
    ['{', 'unexpected end of JSON input'],
    ['', 'unexpected end of JSON input'],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['trap', "invalid character 'a' in literal true (expecting 'u')"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
  ])('words the error in %j as Go does', (text, message) => {
    expect(() => scanJson(text)).toThrow(new JsonSyntaxError(message));
  });

  it('takes all that JSON.stringify writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => scanJson(JSON.stringify(value)).length === 0));
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'a', '1', '-', '.', 'e', 'true', 'null', ' '),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        expect(fails(() => scanJson(candidate))).toBe(fails(() => JSON.parse(candidate)));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses absurd nesting instead of exhausting the stack', () => {
    expect(() => scanJson('['.repeat(1_000_000))).toThrow('exceeded max depth');
  });
});

function fails(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}
