import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonical, same } from './equality.ts';

it('takes absent, null and empty for one, and tells all else apart', () => {
  expect(same({ a: 1, b: null, c: [], d: {} }, { a: 1 })).toBe(true);
  expect(same([{}], [null])).toBe(true);
  expect(same({ a: '' }, {})).toBe(false);
  expect(same([{}], [])).toBe(false);
  expect(same({}, [])).toBe(true);
  expect(same({ a: [1] }, { a: { 0: 1 } })).toBe(false);
  expect(same(0, undefined)).toBe(false);
});

it('is what the canonical form says', () => {
  const { value } = fc.letrec((tie) => ({
    leaf: fc.constantFrom(null, undefined, '', 'x', 0, 1, true),
    value: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(same(one, other)).toBe(canonical(one) === canonical(other));
      expect(same(one, structuredClone(one))).toBe(true);
    }),
  );
});
