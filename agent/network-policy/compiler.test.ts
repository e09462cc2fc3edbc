import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  integer,
  oneof,
  option,
  record,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from '#api/gen/types.ts';
import type { NetworkPolicyFacts, PolicyObject, PolicyPod } from '#api/network-policy.ts';
import { clusterDnsPod } from './cluster-dns.ts';
import { Compiler } from './compiler.ts';
import { FakeNft, type Packet } from './fake-nft.testing.ts';
import { KernelTable } from './kernel-table.ts';
import { isAllowed, type Cluster, type Connection, type End } from './semantics.testing.ts';
import type { Logger } from 'pino';

const DNS = ['10.96.0.10', 'fd00:10:96::a'];
const dnsPod = clusterDnsPod(DNS);
const NODES = ['node1', 'node2'] as const;
const NAMESPACES = ['x', 'y', 'z'] as const;
const NO_LOG = { warn() {} } as unknown as Logger;

/** One node: what it heard, and what its kernel holds. */
class Node {
  readonly nft = new FakeNft();
  readonly #compiler: Compiler;
  readonly #table: KernelTable;

  constructor(nodeName: string) {
    const families = ['IPv4', 'IPv6'] as const;
    this.#compiler = new Compiler({ nodeName, families, dns: dnsPod });
    const dnsIps = families.map((family, index) => ({ family, ip: DNS[index]! }));
    this.#table = new KernelTable({ families, dnsIps, log: NO_LOG }, this.nft.run);
  }

  put(object: PolicyObject): void {
    this.#compiler.put(object);
  }

  delete({ kind, namespace, name }: PolicyObject): void {
    this.#compiler.delete(kind, namespace, name);
  }

  async write(): Promise<void> {
    await this.#table.write(this.#compiler);
  }
}

const labels = dictionary(constantFrom('app', 'tier'), constantFrom('a', 'b'), { maxKeys: 2 });
const selector: Arbitrary<LabelSelector> = oneof(
  labels.map((matchLabels) => ({ matchLabels })),
  record({
    key: constantFrom('app', 'tier'),
    operator: constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: array(constantFrom('a', 'b'), { minLength: 1, maxLength: 2 }),
  }).map(({ key, operator, values }) => ({
    matchExpressions: [operator.endsWith('In') ? { key, operator, values } : { key, operator }],
  })),
);
const block: Arbitrary<NetworkPolicyPeer> = oneof(
  record({
    cidr: constantFrom('10.244.0.0/16', '10.0.0.0/8', '0.0.0.0/0', '10.244.1.7/24', '192.0.2.0/24'),
    except: array(constantFrom('10.244.1.0/24', '10.244.1.0/30', '10.244.2.1/32'), { maxLength: 3 }),
  }),
  record({
    cidr: constantFrom('fd00:10:244::/56', '::/0'),
    except: array(constantFrom('fd00:10:244:1::/64', 'fd00:10:244:2::1/128'), { maxLength: 2 }),
  }),
).map((ipBlock) => ({ ipBlock }));
const peer: Arbitrary<NetworkPolicyPeer> = oneof(
  block,
  selector.map((podSelector) => ({ podSelector })),
  selector.map((namespaceSelector) => ({ namespaceSelector })),
  record({ podSelector: selector, namespaceSelector: selector }),
);
const port: Arbitrary<NetworkPolicyPort> = oneof(
  record({ protocol: constantFrom('TCP', 'UDP', 'SCTP') }),
  record({ protocol: constantFrom('TCP', 'UDP'), port: constantFrom('http', 'dns', 80, 81, 8080) }),
  record({
    protocol: constantFrom('TCP', 'UDP'),
    port: integer({ min: 50, max: 90 }),
    endPort: integer({ min: 90, max: 9000 }),
  }),
);
const ports = option(array(port, { maxLength: 3 }), { nil: undefined });
const peers = option(array(peer, { maxLength: 3 }), { nil: undefined });
const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
const policy: Arbitrary<NetworkPolicyFacts> = record({
  namespace: constantFrom(...NAMESPACES),
  name: constantFrom('p', 'q', 'r'),
  podSelector: selector,
  policyTypes: constantFrom<string[]>(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: array(record({ from: peers, ports }).map(defined), { maxLength: 2 }),
  egress: array(record({ to: peers, ports }).map(defined), { maxLength: 2 }),
}).map(
  ({ namespace, name, ...spec }) => ({ kind: 'NetworkPolicy', namespace, name, spec }) as NetworkPolicyFacts,
);
/** A Pod's addresses follow from its name, so that no two have one. */
const pod: Arbitrary<PolicyPod> = record({
  namespace: constantFrom(...NAMESPACES),
  index: integer({ min: 0, max: 2 }),
  labels,
  nodeName: constantFrom(...NODES),
  http: constantFrom(80, 8080),
  named: constantFrom(0, 1, 2),
}).map(({ namespace, index, labels: own, nodeName, http, named }) => {
  const number = NAMESPACES.indexOf(namespace) * 3 + index + 1;
  return {
    kind: 'Pod',
    namespace,
    name: `pod${index}`,
    uid: `${namespace}-${index}`,
    nodeName,
    labels: own,
    ips: [`10.244.${1 + (number % 2)}.${number}`, `fd00:10:244:${1 + (number % 2)}::${number}`],
    ports: [
      { name: 'http', protocol: 'TCP', port: http },
      { name: 'http', protocol: 'UDP', port: 81 },
      { name: 'dns', protocol: 'TCP', port: 80 },
    ].slice(0, named + 1),
  };
});
const namespace: Arbitrary<PolicyObject> = record({ name: constantFrom(...NAMESPACES), labels }).map(
  (object) => ({ kind: 'Namespace', namespace: '', ...object }),
);
const change = record({
  object: oneof({ weight: 3, arbitrary: pod }, { weight: 3, arbitrary: policy }, namespace),
  gone: constantFrom(false, false, false, true),
  write: constantFrom(false, true),
});

function clusterOf(objects: Iterable<PolicyObject>): Cluster {
  const all = [...objects];
  return {
    namespaces: new Map(
      all.flatMap((one) => (one.kind === 'Namespace' ? [[one.name, one.labels] as const] : [])),
    ),
    pods: [...all.flatMap((one) => (one.kind === 'Pod' ? [one] : [])), dnsPod],
    policies: all.flatMap((one) => (one.kind === 'NetworkPolicy' ? [one] : [])),
  };
}

function* connections(cluster: Cluster): Iterable<Connection> {
  const outside: End[] = [{ ip: '192.0.2.7' }, { ip: 'fd00:99::7' }, { ip: '10.1.1.1' }];
  const ends = [...outside, ...cluster.pods.flatMap((one) => one.ips.map((ip) => ({ ip, pod: one })))];
  for (const from of ends)
    for (const to of ends) {
      if (from.ip.includes(':') !== to.ip.includes(':') || (from.pod ?? to.pod) === undefined) continue;
      if (from.pod === dnsPod || (to.pod === dnsPod && from.pod === undefined)) continue;
      yield { from, to, protocol: 'ICMP', port: 0 };
      for (const protocol of ['TCP', 'UDP', 'SCTP'] as const)
        for (const number of [53, 80, 81, 8080]) yield { from, to, protocol, port: number };
    }
}

/** On the way from one Pod to another stand the nodes of both; DNS is in the node itself. */
function passes(nodes: ReadonlyMap<string, Node>, { from, to, protocol, port: dport }: Connection): boolean {
  const packet: Packet = {
    saddr: from.ip,
    daddr: to.ip,
    protocol: protocol.toLowerCase() as Packet['protocol'],
    dport,
  };
  if (to.pod === dnsPod) return nodes.get(from.pod!.nodeName)!.nft.passes('input', packet);
  const way = new Set([from.pod, to.pod].flatMap((one) => one?.nodeName ?? []));
  return [...way].every((name) => nodes.get(name)!.nft.passes('forward', packet));
}

describe('the rules', () => {
  test('let through what the documentation says, however the cluster came to be as it is', async () => {
    await assert(
      asyncProperty(array(change, { maxLength: 30, size: 'max' }), async (changes) => {
        const objects = new Map<string, PolicyObject>();
        const nodes = new Map(NODES.map((name) => [name as string, new Node(name)]));
        const kube: PolicyObject = {
          kind: 'Namespace',
          namespace: '',
          name: 'kube-system',
          labels: { app: 'a' },
        };
        for (const { object, gone, write } of [{ object: kube, gone: false, write: false }, ...changes]) {
          const key = `${object.kind} ${object.namespace}/${object.name}`;
          if (gone) objects.delete(key);
          else objects.set(key, object);
          for (const node of nodes.values()) {
            if (gone) node.delete(object);
            else node.put(object);
            if (write) await node.write();
          }
        }
        for (const node of nodes.values()) await node.write();
        const cluster = clusterOf(objects.values());
        const wrong = [...connections(cluster)].filter(
          (connection) => passes(nodes, connection) !== isAllowed(cluster, connection),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});
