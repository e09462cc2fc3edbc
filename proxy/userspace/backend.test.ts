import { describe, expect, test } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import type { Endpoint, ServicePort } from '../service-port.ts';
import { aServicePort } from '../testing/service-port.ts';
import { Backend } from './backend.ts';
import { NodeNetwork } from './node-network.ts';

const endpoint = (ip: string, local = true): Endpoint => ({
  ip,
  port: 8080,
  nodeName: local ? 'node1' : 'node2',
  local,
});
const ENDPOINTS = [endpoint('10.244.1.2'), endpoint('10.244.1.3'), endpoint('10.244.2.2', false)];
const OUTSIDE = '192.0.2.7';
const VIP = '10.96.0.20';

function backend(changes: Partial<ServicePort> = {}) {
  const clock = new FakeClock();
  const service = aServicePort({ endpoints: ENDPOINTS, ...changes });
  const network = new NodeNetwork(['10.244.0.0/16', 'fd00:10:244::/56'], ['10.96.0.0/16']);
  network.refresh(new Set());
  return { clock, service, made: new Backend(service, network, clock) };
}

describe('affinity', () => {
  test('is one for all ways in, and lasts for its time from the last connection on', () => {
    const { made, clock } = backend({ affinitySeconds: 10 });
    const had = made.pick(OUTSIDE, 'cluster');
    for (let n = 0; n < 5; n++) {
      clock.advance(9_000);
      expect(made.pick(OUTSIDE, 'cluster')).toBe(had);
    }
    clock.advance(10_000);
    const later = new Set(Array.from({ length: 6 }, (_, n) => made.pick(`${OUTSIDE}${n}`, 'cluster')?.ip));
    expect(later.size).toBe(3);
  });

  test('outlives an update, and ends with its endpoint', () => {
    const { made, service } = backend({ affinitySeconds: 10 });
    const had = made.pick(OUTSIDE, 'cluster')!;
    made.update({ ...service, endpoints: ENDPOINTS.toReversed() });
    expect(made.pick(OUTSIDE, 'cluster')).toBe(had);
    made.update({ ...service, endpoints: ENDPOINTS.filter((one) => one !== had) });
    expect(made.pick(OUTSIDE, 'cluster')).not.toBe(had);
  });
});

describe('a client', () => {
  test('from outside has this node’s endpoints alone under the policy Local; Pods and the node have all', () => {
    const { made } = backend({ externalTrafficLocal: true });
    for (const entrance of ['nodePort', 'loadBalancer', 'externalIP'] as const) {
      expect(made.admit(entrance, OUTSIDE, '172.30.0.2')).toBe('local');
      expect(made.admit(entrance, '10.244.2.9', '172.30.0.2')).toBe('cluster');
      expect(made.admit(entrance, '127.0.0.1', '127.0.0.1')).toBe('cluster');
    }
    expect(made.admit('clusterIP', OUTSIDE, VIP)).toBe('cluster');
  });

  test('from outside is turned away under the policy Local where this node has no endpoint', () => {
    const { made } = backend({ externalTrafficLocal: true, localEndpoints: [] });
    expect(made.admit('nodePort', OUTSIDE, '172.30.0.2')).toBeUndefined();
    expect(made.admit('nodePort', '10.244.2.9', '172.30.0.2')).toBe('cluster');
  });

  test('may use a load balancer’s address only from its source ranges', () => {
    const { made } = backend({ sourceRanges: ['192.0.2.0/24', ' 127.0.0.1/32', 'nonsense', '10.0.0.0/99'] });
    expect(made.admit('loadBalancer', OUTSIDE, '198.51.100.7')).toBe('cluster');
    expect(made.admit('loadBalancer', '203.0.113.9', '198.51.100.7')).toBeUndefined();
    expect(made.admit('nodePort', '203.0.113.9', '172.30.0.2')).toBe('cluster');
    // The node itself, of whose addresses one is allowed, calls with the load balancer's address as its own.
    expect(made.admit('loadBalancer', '198.51.100.7', '198.51.100.7')).toBe('cluster');
  });

  test('may not, when all ranges are of the other family', () => {
    const { made } = backend({ sourceRanges: ['2001:db8::/32'] });
    expect(made.admit('loadBalancer', OUTSIDE, '198.51.100.7')).toBeUndefined();
  });
});

test('what began may go on with an endpoint that serves and gets nothing new', () => {
  const [gone, stays] = ENDPOINTS as [Endpoint, Endpoint];
  const { made, service } = backend();
  made.update({ ...service, endpoints: [stays], localEndpoints: [stays], servingEndpoints: [gone, stays] });
  expect(made.has(gone)).toBe(true);
  expect(made.pick(OUTSIDE, 'cluster')).toBe(stays);
  made.update({ ...service, endpoints: [stays], localEndpoints: [stays], servingEndpoints: [stays] });
  expect(made.has(gone)).toBe(false);
});
