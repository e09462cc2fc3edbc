import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberToIp } from '#api/ip.ts';
import { contains, freeAddress, poolOf } from './address-pool.ts';
import { planAddresses, type AddressRequest } from './plan-address.ts';

const base: AddressRequest = {
  families: ['IPv4'],
  current: [],
  requested: undefined,
  cidrs: ['172.18.0.3/16'],
  reserved: ['172.18.0.2', '172.18.0.3', 'node1'],
  taken: [],
};
const plan = (change: Partial<AddressRequest>) => planAddresses({ ...base, ...change });
const assign = (...addresses: string[]) => ({ kind: 'assign', addresses });

describe('planAddresses', () => {
  it('takes the address below the broadcast address', () => {
    expect(plan({})).toEqual(assign('172.18.255.254'));
  });

  it('passes over what machines and other Services have', () => {
    const taken = ['172.18.255.254', '172.18.255.252'];
    expect(plan({ taken, reserved: ['172.18.255.253'] })).toEqual(assign('172.18.255.251'));
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
    expect(plan({ current: ['172.18.255.254'], requested })).toEqual(assign(requested));
    expect(plan({ current: [requested], requested })).toEqual({ kind: 'keep' });
  });

  it.each([
    ['10.0.0.1', 'is not in 172.18.128.0-172.18.255.254'],
    ['172.18.255.255', 'is not in 172.18.128.0-172.18.255.254'],
    ['nonsense', "is no address of the Service's families, IPv4"],
    ['fd12::ffff', "is no address of the Service's families, IPv4"],
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

describe('addresses of two families', () => {
  const cidrs = ['172.18.0.3/16', 'fd12::3/64', '172.18.0.4/16', 'fd12::4/64'];
  const dual = { cidrs, families: ['IPv4', 'IPv6'] as const };

  it('come in the order of the Service’s families', () => {
    expect(plan(dual)).toEqual(assign('172.18.255.254', 'fd12::ffff'));
    expect(plan({ ...dual, families: ['IPv6', 'IPv4'] })).toEqual(assign('fd12::ffff', '172.18.255.254'));
    expect(plan({ ...dual, families: ['IPv6'] })).toEqual(assign('fd12::ffff'));
  });

  it('follow the Service when it gains or loses a family', () => {
    expect(plan({ ...dual, current: ['172.18.200.1'] })).toEqual(assign('172.18.200.1', 'fd12::ffff'));
    const current = ['172.18.200.1', 'fd12::fff0'];
    expect(plan({ ...dual, current })).toEqual({ kind: 'keep' });
    expect(plan({ ...dual, families: ['IPv4'], current })).toEqual(assign('172.18.200.1'));
  });

  it('are one for which there is a network until the nodes have both', () => {
    expect(plan({ ...dual, cidrs: ['172.18.0.3/16'] })).toEqual(assign('172.18.255.254'));
    expect(plan({ ...dual, cidrs: ['172.18.0.3/16'], families: ['IPv6'] })).toEqual({ kind: 'wait' });
  });

  it('include the one that is asked for, of its family', () => {
    expect(plan({ ...dual, requested: 'fd12::0:9000' })).toEqual(assign('172.18.255.254', 'fd12::9000'));
  });
});

describe('address pools', () => {
  it('lie within the subnet, without its first address, its gateway, and its broadcast address', () => {
    const address = fc.nat(2 ** 32 - 1).map((number) => BigInt(number));
    fc.assert(
      fc.property(address, fc.integer({ min: 8, max: 29 }), (ip, prefix) => {
        const pool = poolOf(`${numberToIp(ip, 'IPv4')}/${prefix}`)!;
        const size = 1n << BigInt(32 - prefix);
        const network = (ip / size) * size;
        expect(pool.first).toBeGreaterThan(network + 1n);
        expect(pool.last).toBe(network + size - 2n);
        expect(
          contains(
            pool,
            freeAddress(pool, () => false)!,
          ),
        ).toBe(true);
      }),
    );
  });

  it.each([
    '',
    '172.18.0.3',
    '172.18.0.3/33',
    '172.18.0.3/x',
    '172.18.0/16',
    '256.0.0.1/16',
    '10.0.0.1/30',
    'fd00::1/126',
  ])('are not made from %j', (cidr) => {
    expect(poolOf(cidr)).toBeUndefined();
  });
});
