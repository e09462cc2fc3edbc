import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint, ServicePort } from '../service-port.ts';
import { aServicePort } from '../testing/service-port.ts';
import { mayLeaveStaleFlows, parseFlow, StaleFlows, type UdpFlow } from './conntrack.ts';

const LISTED = `udp      17 28 src=10.244.1.4 dst=10.96.0.53 sport=40000 dport=53 src=10.244.1.5 dst=10.244.1.4 sport=5353 dport=40000 mark=0 use=1
udp      17 118 src=172.18.0.1 dst=172.18.0.3 sport=40001 dport=30053 [UNREPLIED] src=10.244.2.6 dst=172.18.0.3 sport=5353 dport=1234 mark=0 use=1
udp      17 28 src=fd00:10:244::4 dst=fd00:10:96::a sport=40002 dport=53 src=fd00:10:244::5 dst=fd00:10:244::4 sport=5353 dport=40002 [ASSURED] mark=0 use=1
tcp      6 431999 ESTABLISHED src=10.244.1.4 dst=10.96.0.1 sport=1 dport=443 src=172.18.0.2 dst=10.244.1.4 sport=6443 dport=1 [ASSURED] use=1`;

const endpoint: Endpoint = { ip: '10.244.1.5', port: 5353, nodeName: 'node1', local: true };
const other: Endpoint = { ...endpoint, ip: '10.244.1.6' };
const dns = (changes: Partial<ServicePort> = {}): ServicePort =>
  aServicePort({
    service: 'dns',
    protocol: 'UDP',
    clusterIp: '10.96.0.53',
    port: 53,
    nodePort: 30053,
    endpoints: [endpoint],
    ...changes,
  });
const NODE_IP = '172.18.0.3';
const flow = (changes: Partial<UdpFlow> = {}): UdpFlow => ({
  destination: '10.96.0.53',
  destinationPort: 53,
  endpoint: endpoint.ip,
  endpointPort: endpoint.port,
  ...changes,
});
const isStale = (port: ServicePort, changes: Partial<UdpFlow>): boolean =>
  new StaleFlows(new Map([['default/dns:/IPv4', port]]), 'IPv4', new Set([NODE_IP])).has(flow(changes));

test('reads flows of both IP families, answered or not', () => {
  expect(LISTED.split('\n').map(parseFlow)).toEqual([
    flow(),
    flow({ destination: NODE_IP, destinationPort: 30053, endpoint: '10.244.2.6' }),
    flow({ destination: 'fd00:10:96::a', endpoint: 'fd00:10:244::5' }),
    undefined,
  ]);
});

test('reads whatever it is given', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parseFlow(`udp ${line}`)));
});

describe('a flow is stale', () => {
  test('that leads to an endpoint which the Service does not have', () => {
    expect(isStale(dns(), { endpoint: '10.244.2.6' })).toBe(true);
    expect(isStale(dns(), { endpointPort: 5354 })).toBe(true);
    expect(isStale(dns(), {})).toBe(false);
  });

  test('that began when there was no endpoint', () => {
    expect(isStale(dns(), { endpoint: '10.96.0.53', endpointPort: 53 })).toBe(true);
  });

  test('by whichever address of the Service it came', () => {
    const gone = { endpoint: '10.244.2.6' };
    const port = dns({ externalIps: ['192.0.2.1'], loadBalancerIps: ['192.0.2.2'] });
    for (const destination of ['192.0.2.1', '192.0.2.2'])
      expect(isStale(port, { ...gone, destination })).toBe(true);
    expect(isStale(port, { ...gone, destination: NODE_IP, destinationPort: 30053 })).toBe(true);
  });

  test('not when it is no Service’s: on another port, or through this node to a port like a NodePort', () => {
    expect(isStale(dns(), { destinationPort: 54, endpoint: '10.244.2.6' })).toBe(false);
    expect(isStale(dns(), { destination: '8.8.8.8', destinationPort: 30053, endpoint: '8.8.8.8' })).toBe(
      false,
    );
  });

  test('not while its endpoint serves, also if it gets no new ones', () => {
    expect(isStale(dns({ endpoints: [other], servingEndpoints: [endpoint, other] }), {})).toBe(false);
  });
});

describe('flows are looked for', () => {
  test('when an endpoint went away, not when one came', () => {
    expect(mayLeaveStaleFlows(dns(), dns({ endpoints: [other] }))).toBe(true);
    expect(mayLeaveStaleFlows(dns(), dns({ endpoints: [endpoint, other] }))).toBe(false);
  });

  test('when packets are taken that were not before', () => {
    expect(mayLeaveStaleFlows(undefined, dns())).toBe(true);
    expect(mayLeaveStaleFlows(dns({ endpoints: [] }), dns())).toBe(true);
    expect(mayLeaveStaleFlows(dns(), dns({ nodePort: 30054 }))).toBe(true);
    expect(mayLeaveStaleFlows(dns(), dns({ externalIps: ['192.0.2.1'] }))).toBe(true);
  });

  test('not for TCP, and not when a Service goes: what it had lives out', () => {
    expect(mayLeaveStaleFlows(undefined, dns({ protocol: 'TCP' }))).toBe(false);
    expect(mayLeaveStaleFlows(dns(), undefined)).toBe(false);
  });
});
