import type { NetworkPolicySpec, PodSpec } from './gen/types.ts';
import type { Labels } from './selectors.ts';

/** What the control plane tells nodes of the cluster, so that they can enforce NetworkPolicies: objects trimmed to what rules are made of. */
export type PolicyObject = PolicyNamespace | PolicyPod | NetworkPolicyFacts;

export interface PolicyNamespace {
  readonly kind: 'Namespace';
  readonly namespace: '';
  readonly name: string;
  readonly labels: Labels;
}

/** A Pod that has an address of its own and has not ended. Pods in their node's network are none: they count as the node. */
export interface PolicyPod {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly labels: Labels;
  readonly ips: readonly string[];
  readonly ports: readonly NamedPort[];
}

export interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

export interface NetworkPolicyFacts {
  readonly kind: 'NetworkPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly spec: NetworkPolicySpec;
}

/** The named ports of a Pod's containers, sidecars included (`FindPort` in pkg/api/v1/pod). The first of a name and protocol counts. */
export function namedPorts(spec: PodSpec | undefined): NamedPort[] {
  const sidecars = (spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  const found = new Map<string, NamedPort>();
  for (const { ports = [] } of [...(spec?.containers ?? []), ...sidecars]) {
    for (const { name, protocol = 'TCP', containerPort } of ports) {
      if (name === undefined || name === '' || found.has(`${name}/${protocol}`)) continue;
      found.set(`${name}/${protocol}`, { name, protocol, port: containerPort });
    }
  }
  return [...found.values()];
}
