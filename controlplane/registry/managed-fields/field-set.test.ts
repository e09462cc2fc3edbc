import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { difference, intersection, isFieldSet, pathsOf, union, type FieldSet } from './field-set.ts';

const paths = fc.array(
  fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1'), { minLength: 1, maxLength: 3 }),
);

const setOf = (all: readonly string[][]): FieldSet =>
  all.reduce<FieldSet>((set, path) => {
    const one = path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), {});
    return union(set, one);
  }, {});

test('a set and its paths say the same', () => {
  fc.assert(
    fc.property(paths, (all) => {
      expect(isFieldSet(setOf(all))).toBe(true);
      expect(new Set(pathsOf(setOf(all))).size).toBe(new Set(all.map((path) => path.join('\0'))).size);
    }),
  );
});

test('union, difference and intersection are those of the paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [new Set(pathsOf(setOf(left))), new Set(pathsOf(setOf(right)))];
      const [one, two] = [setOf(left), setOf(right)];
      expect(new Set(pathsOf(union(one, two)))).toEqual(a.union(b));
      expect(new Set(pathsOf(difference(one, two)))).toEqual(a.difference(b));
      expect(new Set(pathsOf(intersection(one, two)))).toEqual(a.intersection(b));
    }),
  );
});
