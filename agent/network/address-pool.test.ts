import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { ipToNumber } from '#api/ip.ts';
import { AddressPool } from './address-pool.ts';
import { familyNetworks } from './families.ts';

describe('AddressPool', () => {
  test('hands out the addresses after the gateway in order', () => {
    const pool = new AddressPool('10.244.1.0/24');
    expect([pool.allocate('a'), pool.allocate('b')]).toEqual(['10.244.1.2', '10.244.1.3']);
  });

  test('gives an owner the address that it has', () => {
    const pool = new AddressPool('10.244.1.0/24');
    expect(pool.allocate('a')).toBe(pool.allocate('a'));
  });

  test('does not give a released address to the next owner', () => {
    const pool = new AddressPool('10.244.1.0/24');
    const released = pool.allocate('a');
    pool.release('a');
    expect(pool.allocate('b')).not.toBe(released);
  });

  test('goes on after the addresses that it took over', () => {
    const pool = new AddressPool('10.244.1.0/24');
    pool.take('a', '10.244.1.7');
    expect(pool.allocate('b')).toBe('10.244.1.8');
    expect(pool.allocate('a')).toBe('10.244.1.7');
  });

  test('goes on after the address that an earlier process handed out last', () => {
    const pool = new AddressPool('10.244.1.0/24', '10.244.1.9');
    pool.take('a', '10.244.1.3');
    pool.take('z', '10.244.1.200');
    expect(pool.allocate('b')).toBe('10.244.1.10');
  });

  test.each(['', '10.9.9.9', 'fd00::5', '10.244.1.1'])('begins at the start after %j', (lastUsed) => {
    expect(new AddressPool('10.244.1.0/24', lastUsed).allocate('a')).toBe('10.244.1.2');
  });

  test('has as many IPv6 addresses as there will be Pods', () => {
    const pool = new AddressPool('fd00:10:244:1::/64');
    expect([pool.allocate('a'), pool.allocate('b')]).toEqual(['fd00:10:244:1::2', 'fd00:10:244:1::3']);
  });

  test('says as host-local does that the range is used up, and goes on when one is free again', () => {
    const pool = new AddressPool('10.244.1.0/29');
    for (const owner of 'abcde') pool.allocate(owner);
    expect(() => pool.allocate('f')).toThrow('no IP addresses available in range 10.244.1.0/29');
    pool.release('c');
    expect(pool.allocate('f')).toBe('10.244.1.4');
  });

  test('never has two owners of one address, nor hands out one outside the range', () => {
    const step = fc.record({ owner: fc.integer({ min: 0, max: 15 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const pool = new AddressPool('10.9.8.0/28');
        const held = new Map<number, string>();
        for (const { owner, release } of steps) {
          if (release) {
            pool.release(`${owner}`);
            held.delete(owner);
          } else if (held.size < 13 || held.has(owner)) {
            held.set(owner, pool.allocate(`${owner}`));
          }
        }
        expect(new Set(held.values()).size).toBe(held.size);
        for (const ip of held.values()) {
          expect(ipToNumber(ip)).toBeGreaterThan(ipToNumber('10.9.8.1'));
          expect(ipToNumber(ip)).toBeLessThan(ipToNumber('10.9.8.15'));
        }
      }),
    );
  });
});

test.each([
  ['10.244.3.9/24', '10.244.3.1'],
  ['fd00:10:244:3::9/64', 'fd00:10:244:3::1'],
])('the gateway of %s is the first address, %s', (podCidr, gateway) => {
  const ranges = {
    clusterPodCidrs: ['10.244.0.0/16', 'fd00:10:244::/56'],
    serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'],
  };
  expect(familyNetworks({ ...ranges, podCidrs: [podCidr] })[0]).toMatchObject({ gateway });
});

test.each(['10.244.1.0', '10.244.1/24', '10.244.1.0/33', '10.244.1.0/', 'fd00::/129', ''])(
  'refuses %j as a CIDR',
  (text) => {
    expect(() => new AddressPool(text)).toThrow(`invalid CIDR address: ${text}`);
  },
);
