import { expect, test } from 'vitest';
import { aServicePort } from '../testing/service-port.ts';
import { lostUdpEndpoint, parseFlows, staleFlows } from './conntrack.ts';

const LISTED = `udp      17 28 src=10.244.1.4 dst=10.96.0.53 sport=40000 dport=53 src=10.244.1.5 dst=10.244.1.4 sport=5353 dport=40000 mark=0 use=1
udp      17 118 src=172.18.0.1 dst=172.18.0.3 sport=40001 dport=30053 [UNREPLIED] src=10.244.2.6 dst=172.18.0.3 sport=5353 dport=1234 mark=0 use=1
udp      17 28 src=10.244.1.4 dst=8.8.8.8 sport=40002 dport=53 src=8.8.8.8 dst=172.18.0.3 sport=53 dport=40002 [ASSURED] mark=0 use=1
`;
const endpoint = { ip: '10.244.1.5', port: 5353, nodeName: 'node1', local: true };
const dns = aServicePort({
  service: 'dns',
  protocol: 'UDP',
  clusterIp: '10.96.0.53',
  port: 53,
  nodePort: 30053,
  endpoints: [endpoint],
});

test('reads flows, answered or not', () => {
  expect(parseFlows(LISTED)).toHaveLength(3);
  expect(parseFlows(LISTED)[1]).toEqual({
    originalSource: '172.18.0.1',
    originalSourcePort: '40001',
    destination: '172.18.0.3',
    destinationPort: 30053,
    endpoint: '10.244.2.6',
    endpointPort: 5353,
  });
});

test('takes for stale what leads to an endpoint that the Service does not have, and nothing that is no Service', () => {
  const services = new Map([['default/dns:', dns]]);
  expect(staleFlows(parseFlows(LISTED), services).map((flow) => flow.endpoint)).toEqual(['10.244.2.6']);
});

test('looks for stale flows only when a UDP endpoint went away', () => {
  const other = { ...endpoint, ip: '10.244.1.6' };
  expect(lostUdpEndpoint(dns, { ...dns, endpoints: [endpoint, other] })).toBe(false);
  expect(lostUdpEndpoint(dns, { ...dns, endpoints: [other] })).toBe(true);
  expect(lostUdpEndpoint(dns, undefined)).toBe(true);
  expect(lostUdpEndpoint({ ...dns, protocol: 'TCP' }, undefined)).toBe(false);
  expect(lostUdpEndpoint(undefined, dns)).toBe(false);
});
