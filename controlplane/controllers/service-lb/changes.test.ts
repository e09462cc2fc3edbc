import { expect, it } from 'vitest';
import type { Kinds } from '#api/resources.ts';
import { tellOfChange } from './changes.ts';

type Service = Kinds['services'];

const service = (spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 's',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], externalTrafficPolicy: 'Cluster', ...spec },
});
const told = (before: Service['spec'], after: Service['spec']): string | undefined => {
  const change = tellOfChange(service(before), service(after));
  return change && `${change.reason}: ${change.message}`;
};

it.each([
  [{}, { type: 'ClusterIP' }, 'Type: LoadBalancer -> ClusterIP'],
  [{ type: 'NodePort' }, {}, 'Type: NodePort -> LoadBalancer'],
  [
    {},
    { loadBalancerSourceRanges: ['10.0.0.0/8', '::/0'] },
    'LoadBalancerSourceRanges: [] -> [10.0.0.0/8 ::/0]',
  ],
  [{}, { loadBalancerIP: '1.2.3.4' }, 'LoadbalancerIP:  -> 1.2.3.4'],
  [{}, { externalIPs: ['1.2.3.4'] }, 'ExternalIP: Count: 0 -> 1'],
  [{ externalIPs: ['1.2.3.4'] }, { externalIPs: ['1.2.3.5'] }, 'ExternalIP: Added: 1.2.3.5'],
  [{}, { externalTrafficPolicy: 'Local' }, 'ExternalTrafficPolicy: Cluster -> Local'],
  [{}, { healthCheckNodePort: 30001 }, 'HealthCheckNodePort: 0 -> 30001'],
  [{}, { ipFamilies: ['IPv4', 'IPv6'] }, 'IPFamilies: Count: 1 -> 2'],
])('of %j to %j tells %s', (before, after, message) => {
  expect(told(before, after)).toBe(message);
});

it('tells nothing of other changes, or of Services that balance no load', () => {
  expect(told({}, { selector: { a: 'b' } })).toBeUndefined();
  expect(told({ type: 'ClusterIP' }, { type: 'NodePort' })).toBeUndefined();
  const foreign = { loadBalancerClass: 'example.com/lb' };
  expect(told(foreign, { ...foreign, loadBalancerIP: '1.2.3.4' })).toBeUndefined();
});
