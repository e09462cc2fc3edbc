import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, formatIPv4, freeAddress, parseIPv4, poolOf } from './address-pool.ts';
import type { AddressRequest } from './plan-address.ts';
import { planAddress } from './plan-address.ts';

const base: AddressRequest = {
  current: [],
  requested: undefined,
  cidrs: ['172.18.0.3/16'],
  reserved: ['172.18.0.2', '172.18.0.3', 'node1'],
  taken: [],
};
const plan = (change: Partial<AddressRequest>) => planAddress({ ...base, ...change });

describe('planAddress', () => {
  it('takes the address below the broadcast address', () => {
    expect(plan({})).toEqual({ kind: 'assign', address: '172.18.255.254' });
  });

  it('passes over what machines and other Services have', () => {
    const taken = ['172.18.255.254', '172.18.255.252'];
    expect(plan({ taken, reserved: ['172.18.255.253'] })).toEqual({
      kind: 'assign',
      address: '172.18.255.251',
    });
  });

  it('keeps the address that the Service has', () => {
    expect(plan({ current: ['172.18.200.1'] })).toEqual({ kind: 'keep' });
  });

  it('gives another address when the cluster is in another network now, or the address is somebody else’s', () => {
    expect(plan({ current: ['172.30.255.254'] })).toMatchObject({ kind: 'assign' });
    expect(plan({ current: ['172.18.255.254'], taken: ['172.18.255.254'] })).toMatchObject({
      kind: 'assign',
    });
  });

  it('gives the address that the Service asks for', () => {
    const requested = '172.18.200.7';
    expect(plan({ current: ['172.18.255.254'], requested })).toEqual({ kind: 'assign', address: requested });
    expect(plan({ current: [requested], requested })).toEqual({ kind: 'keep' });
  });

  it.each([
    ['10.0.0.1', 'is not in 172.18.128.0-172.18.255.254'],
    ['172.18.255.255', 'is not in 172.18.128.0-172.18.255.254'],
    ['nonsense', 'is not in 172.18.128.0-172.18.255.254'],
    ['172.18.200.7', 'is in use'],
  ])('refuses %s', (requested, why) => {
    expect(plan({ requested, taken: ['172.18.200.7'] })).toEqual({
      kind: 'refuse',
      why: `requested address "${requested}" ${why}`,
    });
  });

  it('waits for a node, and refuses when all is taken', () => {
    expect(plan({ cidrs: [] })).toEqual({ kind: 'wait' });
    const taken = ['192.0.2.4', '192.0.2.5', '192.0.2.6'];
    expect(plan({ cidrs: ['192.0.2.2/29'], taken })).toEqual({
      kind: 'refuse',
      why: 'no address left in 192.0.2.4-192.0.2.6',
    });
  });
});

describe('address pools', () => {
  it('lie within the subnet, without its first address, its gateway, and its broadcast address', () => {
    const address = fc.nat(2 ** 32 - 1);
    fc.assert(
      fc.property(address, fc.integer({ min: 8, max: 29 }), (ip, prefix) => {
        const pool = poolOf(`${formatIPv4(ip)}/${prefix}`)!;
        const size = 2 ** (32 - prefix);
        const network = Math.floor(ip / size) * size;
        expect(pool.first).toBeGreaterThan(network + 1);
        expect(pool.last).toBe(network + size - 2);
        expect(contains(pool, freeAddress(pool, new Set())!)).toBe(true);
        expect(parseIPv4(formatIPv4(ip))).toBe(ip);
      }),
    );
  });

  it.each(['', '172.18.0.3', '172.18.0.3/33', '172.18.0.3/x', '172.18.0/16', '256.0.0.1/16', 'fd00::1/64'])(
    'are not made from %j',
    (cidr) => {
      expect(poolOf(cidr)).toBeUndefined();
    },
  );
});
