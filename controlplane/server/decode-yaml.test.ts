import { describe, expect, it } from 'vitest';
import { decodeYaml } from './decode-yaml.ts';

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** Milliseconds to read a mapping of so many keys. */
function time(count: number): number {
  const start = performance.now();
  decodeYaml(many(count, (index) => `key${index}: 1`));
  return performance.now() - start;
}

describe('YAML', () => {
  it('is read as YAML 1.1 without timestamps', () => {
    const { value } = decodeYaml('a: yes\nb: 2020-01-01\nc: 010\nd: &x [1]\ne: *x\n');
    expect(value).toEqual({ a: true, b: '2020-01-01', c: 8, d: [1], e: [1] });
  });

  it('names keys that a mapping has more than once; the last counts', () => {
    const { value, duplicates } = decodeYaml('a:\n- b: 1\n  b: 2\n');
    expect(value).toEqual({ a: [{ b: 2 }] });
    expect(duplicates).toEqual([{ path: 'a[0].b', key: 'b', line: 3 }]);
  });

  it('is read in time in proportion to its length', () => {
    time(2000);
    // Comparing each key with all before it took hundreds of times as long.
    expect(time(20_000)).toBeLessThan(60 * Math.max(time(2000), 1));
  });

  it.each([
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x]\n${many(
        9,
        (n) =>
          `${n}: &b${n} [${Array(9)
            .fill(n === 0 ? '*a' : `*b${n - 1}`)
            .join(',')}]`,
      )}`,
    ],
    ['many aliases', `a: &a x\nb:\n${many(2000, () => '- *a')}`],
  ])('is refused for %s', (_, text) => {
    expect(() => decodeYaml(text)).toThrow('document contains excessive aliasing');
  });

  it.each([['['.repeat(100_000)], ['- '.repeat(100_000)], [many(1500, (n) => `${' '.repeat(n)}k:`)]])(
    'is refused when it is too deep',
    (text) => {
      expect(() => decodeYaml(text)).toThrow('exceeded max depth');
    },
  );
});
