import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
} from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5Gi', '1536Mi'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['512Mi', '512Mi'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['1500e-3', '1500e-3'],
    ['1E', '1E'],
    ['100000', '100k'],
    ['-1.5', '-1500m'],
    ['0', '0'],
    ['0Mi', '0'],
    ['+5', '5'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['9223372036854775808', '9223372036854775807'],
  ])('writes %s as %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
  });

  it.each(['', 'abc', '1.2.3', '--1', '1 Gi', 'Mi', '.', '1KI', '1'.repeat(300)])(
    'refuses %j by its form',
    (text) => {
      expect(() => parseQuantity(text)).toThrow(/^quantities must match the regular expression/);
    },
  );

  it.each(['1ki', '1mm', '1e', '1ee5', '1Kie5', '1e99999'])('refuses the suffix of %s', (text) => {
    expect(() => parseQuantity(text)).toThrow("unable to parse quantity's suffix");
  });

  it('compares, adds and rounds up across formats', () => {
    expect(compareQuantities('1Gi', '1G')).toBe(1);
    expect(compareQuantities('1000m', '1')).toBe(0);
    expect(compareQuantities('64Mi', '65Mi')).toBe(-1);
    expect(addQuantities('500m', '1')).toBe('1500m');
    expect(addQuantities('0', '64Mi')).toBe('64Mi');
    expect(quantityValue('100m')).toBe(1);
    expect(quantityValue('-100m')).toBe(-1);
    expect(quantityMilliValue('1.0001')).toBe(1001);
    expect(quantityValue('2Gi')).toBe(2 ** 31);
  });

  it('keeps the value when it writes it, and writes the canonical form as itself', () => {
    const number = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 999_999 }));
    const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'Ki', 'Mi', 'e2', 'E-2');
    fc.assert(
      fc.property(number, suffix, ([whole, fraction], unit) => {
        const parsed = parseQuantity(`${whole}.${fraction}${unit}`);
        const text = formatQuantity(parsed);
        expect(canonicalQuantity(text)).toBe(text);
        // A binary one is rounded up to a whole unit.
        if (parsed.format !== 'BinarySI') expect(parseQuantity(text).nano).toBe(parsed.nano);
      }),
    );
  });
});
