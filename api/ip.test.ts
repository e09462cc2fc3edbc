import { assert, bigInt, property } from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalIp, familyOf, ipToNumber, numberToIp } from './ip.ts';

test.each([
  ['10.96.0.10', '10.96.0.10'],
  ['::', '::'],
  ['::1', '::1'],
  ['FD00:0010:0096:0000:0000:0000:0000:000A', 'fd00:10:96::a'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['1::', '1::'],
  ['0:0:1::', '0:0:1::'],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ['2001:db8::192.0.2.1', '2001:db8::c000:201'],
])('writes %s as %s', (text, canonical) => {
  expect(canonicalIp(text)).toBe(canonical);
});

test('knows what is no address', () => {
  for (const text of ['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', ':::', 'web'])
    expect(familyOf(text)).toBeUndefined();
  expect(() => ipToNumber('10.0.0')).toThrow('not an IP address: 10.0.0');
});

test('comes back to the same number', () => {
  assert(
    property(bigInt(0n, 2n ** 128n - 1n), (number) => {
      expect(ipToNumber(numberToIp(number, 'IPv6'))).toBe(number);
      expect(ipToNumber(numberToIp(number & 0xffffffffn, 'IPv4'))).toBe(number & 0xffffffffn);
    }),
  );
});
