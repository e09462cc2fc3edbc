import type { Kinds } from '#api/resources.ts';
import { validateNetworkPolicySpec } from './validate-network-policy.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/networking/networkpolicy/strategy.go */
export const networkPolicyStrategy: Strategy<Kinds['networkpolicies']> = {
  generation: true,

  setDefaults(policy) {
    const spec = (policy.spec ??= {});
    spec.podSelector ??= {};
    const { ingress = [], egress = [] } = spec;
    for (const { ports = [] } of [...ingress, ...egress]) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
    if ((spec.policyTypes ?? []).length === 0) {
      spec.policyTypes = egress.length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
    }
  },
  validate: ({ spec }) => validateNetworkPolicySpec(spec!),
};
