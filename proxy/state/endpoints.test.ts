import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usableEndpoints } from './endpoints.ts';
import type { SliceEndpoint, SliceInfo } from './objects.ts';

const READY = { ready: true, serving: true, terminating: false };
const UNREADY = { ready: false, serving: false, terminating: false };
const DRAINING = { ready: false, serving: true, terminating: true };
const DEAD = { ready: false, serving: false, terminating: true };

const HTTP = { name: 'http', protocol: 'TCP' };
const HERE = { nodeName: 'node1', zone: 'a' };

/** A ready endpoint on this node, and then changed. */
const endpoint = (number: number, changes: Partial<SliceEndpoint> = {}): SliceEndpoint => ({
  addresses: [`10.244.1.${number}`],
  hostname: '',
  pod: '',
  nodeName: 'node1',
  ...READY,
  forZones: [],
  forNodes: [],
  ...changes,
});

const slice = (endpoints: readonly SliceEndpoint[], port = 8080): SliceInfo => ({
  namespace: 'default',
  name: 'web-1',
  service: 'web',
  family: 'IPv4',
  ports: [{ ...HTTP, port }],
  endpoints,
});

const remote = { nodeName: 'node2' };

const numbers = (list: readonly { ip: string }[]): number[] => list.map(({ ip }) => Number(ip.split('.')[3]));

/** Last numbers of the addresses: of all usable endpoints, and of those under a policy Local. */
function usable(endpoints: readonly SliceEndpoint[], place = HERE): [number[], number[]] {
  const found = usableEndpoints([slice(endpoints)], HTTP, place);
  return [numbers(found.endpoints), numbers(found.localEndpoints)];
}

describe('a node that is gone', () => {
  const place = { ...HERE, goneNodes: new Set(['node2']) };

  test('gets nothing while another one has a ready endpoint, and nothing that began there goes on', () => {
    const all = [endpoint(1), endpoint(2, remote), endpoint(3, { ...remote, ...DRAINING })];
    expect(usable(all, place)).toEqual([[1], [1]]);
    expect(numbers(usableEndpoints([slice(all)], HTTP, place).servingEndpoints)).toEqual([1]);
  });

  test('is left to the control plane where nothing else is ready', () => {
    expect(usable([endpoint(2, remote), endpoint(3, UNREADY), endpoint(4, DRAINING)], place)).toEqual([
      [2],
      [4],
    ]);
  });

  test('does not take the traffic with it that hints give to its zone', () => {
    const there = endpoint(1, { ...remote, forZones: ['a'] });
    expect(usable([there, endpoint(2, { nodeName: 'node3', forZones: ['b'] })])[0]).toEqual([1]);
    expect(usable([there, endpoint(2, { nodeName: 'node3', forZones: ['b'] })], place)[0]).toEqual([2]);
  });
});

describe('readiness', () => {
  test('goes before draining, and what neither is ready nor drains gets nothing', () => {
    expect(usable([endpoint(1), endpoint(2, DRAINING), endpoint(3, UNREADY), endpoint(4, DEAD)])).toEqual([
      [1],
      [1],
    ]);
    expect(usable([endpoint(2, DRAINING), endpoint(3, UNREADY), endpoint(4, DEAD)])).toEqual([[2], [2]]);
    expect(usable([endpoint(3, UNREADY), endpoint(4, DEAD)])).toEqual([[], []]);
  });

  test('decides not alone who serves: what drains goes on with what it has', () => {
    const all = [endpoint(1), endpoint(2, DRAINING), endpoint(3, UNREADY), endpoint(4, DEAD)];
    expect(numbers(usableEndpoints([slice(all)], HTTP, HERE).servingEndpoints)).toEqual([1, 2]);
  });

  test('is looked at apart for the endpoints of this node', () => {
    expect(usable([endpoint(1, remote), endpoint(2, DRAINING)])).toEqual([[1], [2]]);
  });

  test('of an endpoint that ends and is published all the same does not count against it', () => {
    expect(usable([endpoint(1, { ready: true, serving: true, terminating: true })])).toEqual([[1], [1]]);
  });
});

const zoned = (number: number, ...forZones: string[]): SliceEndpoint =>
  endpoint(number, { ...remote, forZones });
const zonedAndNoded = (number: number, node: string): SliceEndpoint =>
  endpoint(number, { nodeName: node, forNodes: [node], forZones: ['a'] });

describe('hints', () => {
  test('keep traffic in the zone', () => {
    expect(usable([zoned(1, 'a'), zoned(2, 'b'), zoned(3, 'a', 'b')])[0]).toEqual([1, 3]);
  });

  test('count for nothing when one ready endpoint has none', () => {
    expect(usable([zoned(1, 'a'), zoned(2, 'b'), zoned(3)])[0]).toEqual([1, 2, 3]);
    expect(usable([zoned(1, 'a'), zoned(2, 'b'), { ...zoned(3), ...UNREADY }])[0]).toEqual([1]);
  });

  test('count for nothing when none is for this zone, or the node has no zone', () => {
    expect(usable([zoned(1, 'b'), zoned(2, 'c')])[0]).toEqual([1, 2]);
    expect(usable([zoned(1, 'a'), zoned(2, 'b')], { nodeName: 'node1', zone: '' })[0]).toEqual([1, 2]);
  });

  test('for nodes go before those for zones', () => {
    expect(usable([zonedAndNoded(1, 'node1'), zonedAndNoded(2, 'node2')])[0]).toEqual([1]);
    expect(usable([zonedAndNoded(2, 'node2'), zonedAndNoded(3, 'node3')])[0]).toEqual([2, 3]);
  });

  test('do not count under a policy Local, nor for endpoints that drain', () => {
    expect(usable([endpoint(1, { forZones: ['b'] }), zoned(2, 'a')])).toEqual([[2], [1]]);
    expect(
      usable([endpoint(1, { ...DRAINING, forZones: ['b'] }), { ...zoned(2, 'a'), ...DRAINING }]),
    ).toEqual([[1, 2], [1]]);
  });
});

describe('an address that two Pods had one after the other', () => {
  test('is taken as the one that serves has it, whichever slice comes first', () => {
    const slices = [slice([endpoint(1, DEAD)]), slice([endpoint(1, remote)])];
    for (const order of [slices, slices.toReversed()]) {
      expect(usableEndpoints(order, HTTP, HERE)).toMatchObject({
        endpoints: [{ ip: '10.244.1.1', port: 8080, nodeName: 'node2', local: false }],
        localEndpoints: [],
      });
    }
  });
});

test('ports are told apart by name and protocol, and their numbers may differ between slices', () => {
  const slices = [slice([endpoint(1)], 8080), slice([endpoint(2)], 9090)];
  expect(usableEndpoints(slices, HTTP, HERE).endpoints.map(({ port }) => port)).toEqual([8080, 9090]);
  expect(usableEndpoints(slices, { name: 'http', protocol: 'UDP' }, HERE).endpoints).toEqual([]);
  expect(usableEndpoints(slices, { name: '', protocol: 'TCP' }, HERE).endpoints).toEqual([]);
});

test('there is a usable endpoint exactly if some endpoint is ready or drains, whatever the hints', () => {
  const condition = fc.constantFrom(READY, UNREADY, DRAINING, DEAD);
  const endpoints = fc.array(
    fc.record({
      number: fc.nat(9),
      condition,
      nodeName: fc.constantFrom('node1', 'node2'),
      forZones: fc.subarray(['a', 'b']),
      forNodes: fc.subarray(['node1', 'node2']),
    }),
  );
  fc.assert(
    fc.property(endpoints, (list) => {
      const all = list.map(({ number, condition: is, ...rest }) => endpoint(number, { ...is, ...rest }));
      const serves = all.some(({ ready, serving, terminating }) => ready || (serving && terminating));
      const [cluster, local] = usable(all);
      expect(cluster.length > 0).toBe(serves);
      for (const found of [cluster, local]) expect(found).toHaveLength(new Set(found).size);
    }),
  );
});
