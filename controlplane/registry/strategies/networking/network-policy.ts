import type { NetworkPolicyPeer } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { cidrWarnings } from '../../service/warnings.ts';
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
  /** `networkPolicyWarnings` */
  warnings: ({ spec }) => [
    ...(spec?.ingress ?? []).flatMap(({ from }, index) => peerWarnings(from, `spec.ingress[${index}].from`)),
    ...(spec?.egress ?? []).flatMap(({ to }, index) => peerWarnings(to, `spec.egress[${index}].to`)),
  ],
  validate: ({ spec }) => validateNetworkPolicySpec(spec!),
};

const peerWarnings = (peers: readonly NetworkPolicyPeer[] = [], path: string): string[] =>
  peers.flatMap(({ ipBlock }, index) => [
    ...cidrWarnings(ipBlock?.cidr ?? '', `${path}[${index}].ipBlock.cidr`),
    ...(ipBlock?.except ?? []).flatMap((cidr, at) =>
      cidrWarnings(cidr, `${path}[${index}].ipBlock.except[${at}]`),
    ),
  ]);
