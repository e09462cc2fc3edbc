import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clashingRange, overlaps } from './subnet.ts';

const bits = (bytes: number[]) => bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');

describe('subnet', () => {
  it('finds the range of the cluster that a Docker network overlaps', () => {
    expect(clashingRange('10.244.7.0/24')).toBe('10.244.0.0/16');
    expect(clashingRange('10.0.0.0/8')).toBe('10.244.0.0/16');
    expect(clashingRange('10.96.128.0/20')).toBe('10.96.0.0/16');
    expect(clashingRange('172.18.0.0/16')).toBeUndefined();
    expect(clashingRange('10.245.0.0/16')).toBeUndefined();
  });

  it('takes no part in what is not an IPv4 range', () => {
    for (const text of ['', 'fd00::/8', '10.244.0.0', '10.244.0.0/33', '10.244.0/16', '10.244.0.0/x'])
      expect(clashingRange(text)).toBeUndefined();
  });

  it('agrees with a comparison of the leading bits', () => {
    const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(address, fc.nat(32), address, fc.nat(32), (a, m, b, n) => {
        const shorter = Math.min(m, n);
        const same = bits(a).slice(0, shorter) === bits(b).slice(0, shorter);
        expect(overlaps(`${a.join('.')}/${m}`, `${b.join('.')}/${n}`)).toBe(same);
      }),
    );
  });
});
