/** NetworkPolicy as its documentation reads, without a thought for speed: what rules are compared with. */
import { BlockList, isIPv4 } from 'node:net';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from '#api/gen/types.ts';
import type { NetworkPolicyFacts, PolicyPod } from '#api/network-policy.ts';

export interface Cluster {
  /** Labels by name. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly pods: readonly PolicyPod[];
  readonly policies: readonly NetworkPolicyFacts[];
}

export interface End {
  readonly ip: string;
  /** undefined: somebody outside of the cluster, or a node. */
  readonly pod?: PolicyPod;
}

export interface Connection {
  readonly from: End;
  readonly to: End;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'ICMP';
  readonly port: number;
}

export function isAllowed(cluster: Cluster, connection: Connection): boolean {
  return leaves(cluster, connection) && enters(cluster, connection);
}

function leaves(cluster: Cluster, connection: Connection): boolean {
  const { from, to } = connection;
  if (from.pod === undefined || from.ip === to.ip) return true;
  const policies = selecting(cluster, from.pod).filter(({ spec }) => spec.policyTypes?.includes('Egress'));
  if (policies.length === 0) return true;
  return policies.some(({ namespace, spec }) =>
    (spec.egress ?? []).some(
      (rule) =>
        isOneOf(cluster, namespace, to, rule.to) &&
        ports(rule.ports).some((port) => isPort(port, connection)),
    ),
  );
}

function enters(cluster: Cluster, connection: Connection): boolean {
  const { from, to } = connection;
  if (to.pod === undefined || from.ip === to.ip) return true;
  const policies = selecting(cluster, to.pod).filter(({ spec }) => spec.policyTypes?.includes('Ingress'));
  if (policies.length === 0) return true;
  return policies.some(({ namespace, spec }) =>
    (spec.ingress ?? []).some(
      (rule) =>
        isOneOf(cluster, namespace, from, rule.from) &&
        ports(rule.ports).some((port) => isPort(port, connection)),
    ),
  );
}

const selecting = ({ policies }: Cluster, pod: PolicyPod): NetworkPolicyFacts[] =>
  policies.filter(
    ({ namespace, spec }) => namespace === pod.namespace && matches(spec.podSelector ?? {}, pod.labels),
  );

function isOneOf(
  cluster: Cluster,
  namespace: string,
  end: End,
  peers: readonly NetworkPolicyPeer[] = [],
): boolean {
  return peers.length === 0 || peers.some((peer) => isPeer(cluster, namespace, end, peer));
}

function isPeer(cluster: Cluster, namespace: string, { ip, pod }: End, peer: NetworkPolicyPeer): boolean {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock !== undefined)
    return contains(ipBlock.cidr, ip) && !(ipBlock.except ?? []).some((cidr) => contains(cidr, ip));
  if (pod === undefined || !matches(podSelector ?? {}, pod.labels)) return false;
  if (namespaceSelector === undefined) return pod.namespace === namespace;
  const labels = cluster.namespaces.get(pod.namespace);
  return labels !== undefined && matches(namespaceSelector, labels);
}

function contains(cidr: string, ip: string): boolean {
  const [base = '', prefix] = cidr.split('/');
  if (isIPv4(base) !== isIPv4(ip)) return false;
  const family = isIPv4(ip) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, Number(prefix), family);
  return list.check(ip, family);
}

function matches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key in labels;
      if (operator === 'DoesNotExist') return !(key in labels);
      const isIn = key in labels && values.includes(labels[key]!);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

/** No ports are any port of any protocol. */
const ports = (given: readonly NetworkPolicyPort[] = []): readonly (NetworkPolicyPort | 'any')[] =>
  given.length === 0 ? ['any'] : given;

function isPort(wanted: NetworkPolicyPort | 'any', { to, protocol, port }: Connection): boolean {
  if (wanted === 'any') return true;
  if (wanted.protocol !== protocol) return false;
  if (wanted.port === undefined) return true;
  if (typeof wanted.port === 'number') return port >= wanted.port && port <= (wanted.endPort ?? wanted.port);
  const named = to.pod?.ports.find((one) => one.name === wanted.port && one.protocol === protocol);
  return named?.port === port;
}
