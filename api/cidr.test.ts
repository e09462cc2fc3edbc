import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressRange, isSubset, overlaps, subnetOf } from './cidr.ts';
import { ipToNumber, numberToIp, type IpFamily } from './ip.ts';

const address = (family: IpFamily): fc.Arbitrary<string> =>
  fc.bigInt(0n, family === 'IPv4' ? 2n ** 32n - 1n : 2n ** 128n - 1n).map((n) => numberToIp(n, family));

describe.each([
  ['IPv4', 32],
  ['IPv6', 128],
] as const)('ranges of %s', (family, bits) => {
  const leading = (ip: string, count: number): string =>
    ipToNumber(ip).toString(2).padStart(bits, '0').slice(0, count);

  it('overlap when the bits that both fix are the same', () => {
    const prefix = fc.nat(bits);
    fc.assert(
      fc.property(address(family), prefix, address(family), prefix, (a, m, b, n) => {
        const shorter = Math.min(m, n);
        const [one, other] = [addressRange(`${a}/${m}`)!, addressRange(`${b}/${n}`)!];
        expect(overlaps(one, other)).toBe(leading(a, shorter) === leading(b, shorter));
      }),
    );
  });

  it('hold another when they fix no more bits, and the same ones', () => {
    const prefix = fc.nat(bits);
    fc.assert(
      fc.property(address(family), prefix, fc.boolean(), address(family), prefix, (a, m, same, b, n) => {
        const [outer, inner] = [addressRange(`${a}/${m}`)!, addressRange(`${same ? a : b}/${n}`)!];
        expect(isSubset(inner, outer)).toBe(n >= m && leading(same ? a : b, m) === leading(a, m));
      }),
    );
  });

  it('begin with their prefix and zeros, and end with it and ones', () => {
    fc.assert(
      fc.property(address(family), fc.nat(bits), (ip, prefix) => {
        const { first, last } = addressRange(`${ip}/${prefix}`)!;
        const fixed = leading(ip, prefix);
        expect(first.toString(2).padStart(bits, '0')).toBe(fixed.padEnd(bits, '0'));
        expect(last.toString(2).padStart(bits, '0')).toBe(fixed.padEnd(bits, '1'));
      }),
    );
  });
});

it('divides a range', () => {
  expect(subnetOf(addressRange('10.244.0.0/16')!, 24, 7)).toBe('10.244.7.0/24');
  expect(subnetOf(addressRange('fd00:10:244::/56')!, 64, 255)).toBe('fd00:10:244:ff::/64');
});

it('makes no range of what is none, and no overlap of two families', () => {
  for (const text of ['', '10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0/8']) {
    expect(addressRange(text)).toBeUndefined();
  }
  expect(overlaps(addressRange('0.0.0.0/0')!, addressRange('::/0')!)).toBe(false);
});
