import { describe, expect, test } from 'vitest';
import type { NetworkPolicyPeer } from '#api/gen/types.ts';
import { networkPolicyStrategy } from './network-policy.ts';

const policy = (ipBlock: NonNullable<NetworkPolicyPeer['ipBlock']>) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'p', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  spec: {
    podSelector: {},
    ingress: [{ from: [{ podSelector: {} }, { ipBlock }] }],
    egress: [{ to: [{ ipBlock }] }],
  },
});

describe('a NetworkPolicy', () => {
  test('is warned about blocks whose bits go on behind their prefix', () => {
    expect(
      networkPolicyStrategy.warnings?.(
        policy({ cidr: '10.0.0.5/8', except: ['10.1.0.0/16', '10.2.0.1/16'] }),
        undefined,
      ),
    ).toEqual(
      ['spec.ingress[0].from[1]', 'spec.egress[0].to[0]'].flatMap((peer) => [
        `${peer}.ipBlock.cidr: CIDR value "10.0.0.5/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.5/32"?)`,
        `${peer}.ipBlock.except[1]: CIDR value "10.2.0.1/16" is ambiguous in this context (should be "10.2.0.0/16" or "10.2.0.1/32"?)`,
      ]),
    );
  });

  test('of plain blocks has no warnings', () => {
    expect(networkPolicyStrategy.warnings?.(policy({ cidr: 'fd00::/8' }), undefined)).toEqual([]);
  });
});
