import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familyOf, ipToNumber } from '#api/ip.ts';
import { ServiceRange } from './service-range.ts';

const all = (range: ServiceRange): string[] => {
  const taken = new Set<string>();
  for (;;) {
    const ip = range.pick((one) => taken.has(one));
    if (ip === undefined) return [...taken];
    expect(taken.has(ip)).toBe(false);
    taken.add(ip);
  }
};

describe('ServiceRange', () => {
  it.each([
    ['10.96.0.0/28', 14, '10.96.0.1', '10.96.0.14'],
    ['10.96.0.0/30', 2, '10.96.0.1', '10.96.0.2'],
    ['fd00::/124', 15, 'fd00::1', 'fd00::f'],
    ['10.0.0.0/32', 0, undefined, undefined],
  ])('gives every address of %s once', (cidr, size, first, last) => {
    const range = new ServiceRange(cidr);
    const ips = all(range).sort((a, b) => Number(ipToNumber(a) - ipToNumber(b)));
    expect(ips).toHaveLength(size);
    expect(range.size).toBe(size);
    expect([ips[0], ips.at(-1)]).toEqual([first, last]);
    for (const ip of ips) expect(range.contains(ip, familyOf(ip)!)).toBe(true);
  });

  it('leaves the lower band to those who name an address, until the rest is full', () => {
    const range = new ServiceRange('10.0.0.0/24');
    const ips = all(range).map((ip) => Number(ip.split('.')[3]));
    expect(Math.min(...ips.slice(0, 238))).toBe(17);
    expect(Math.max(...ips.slice(238))).toBe(16);
  });

  it('picks from ranges of any size, within them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 126 }), (prefix) => {
        const range = new ServiceRange(`fd00:1::/${prefix}`);
        const ip = range.pick(() => false)!;
        expect(range.contains(ip, 'IPv6')).toBe(true);
      }),
    );
  });
});
