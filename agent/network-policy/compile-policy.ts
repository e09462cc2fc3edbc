import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '#api/gen/types.ts';
import type { IpFamily } from '#api/ip.ts';
import type { NetworkPolicyFacts } from '#api/network-policy.ts';
import { labelSelectorMatcher, type LabelMatcher } from '#api/selectors.ts';
import { blockOf, mergeRanges, withoutContained, type Block } from './ip-ranges.ts';
import { comment, IP, peerSet, policyChain, portSet, type Direction } from './names.ts';
import { peerSelector, type PeerSelector } from './peer-selector.ts';

/** What one policy adds to the table. */
export interface CompiledPolicy {
  readonly namespace: string;
  /** `namespace/name` */
  readonly title: string;
  readonly selects: LabelMatcher;
  /** By the directions in which the policy isolates. */
  readonly directions: ReadonlyMap<Direction, PolicyRules>;
  readonly peers: ReadonlyMap<string, PeerSelector>;
  readonly ports: readonly { readonly name: string; readonly protocol: string }[];
}

interface PolicyRules {
  readonly chain: string;
  /** Each accepts; what none accepts goes on to the next policy's. */
  readonly rules: readonly string[];
}

/** Part of a rule, and the family that it holds for; undefined: both. */
interface Match {
  readonly family?: IpFamily;
  readonly text: string;
  readonly note: string;
}

const ANY: readonly Match[] = [{ text: '', note: '' }];

/** Pure: the same policy gives the same rules. `families` are those that Pods have. */
export function compilePolicy(policy: NetworkPolicyFacts, families: readonly IpFamily[]): CompiledPolicy {
  const { namespace, name, spec } = policy;
  const peers = new Map<string, PeerSelector>();
  const ports = new Map<string, { name: string; protocol: string }>();
  const compile = (direction: Direction): PolicyRules => ({
    chain: policyChain(namespace, name, direction),
    rules: rulesOf(spec, direction).flatMap((rule, index) => {
      const far = peerMatches(rule.peers, { namespace, direction, families, peers });
      const near = portMatches(rule.ports, { families, ports });
      return product(far, near).map(({ text, note }) =>
        `${text} accept ${comment(`${direction}[${index}]${note}`)}`.trimStart(),
      );
    }),
  });
  return {
    namespace,
    title: `${namespace}/${name}`,
    selects: labelSelectorMatcher(spec.podSelector ?? {}),
    directions: new Map(directionsOf(spec).map((direction) => [direction, compile(direction)])),
    peers,
    ports: [...ports.values()],
  };
}

/** The registry has defaulted `policyTypes`; the rule is the API's: always ingress, and egress if there are rules for it. */
function directionsOf({ policyTypes = [], egress = [] }: NetworkPolicySpec): Direction[] {
  const types = policyTypes.length > 0 ? policyTypes : ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  const found: Direction[] = [];
  if (types.includes('Ingress')) found.push('ingress');
  if (types.includes('Egress')) found.push('egress');
  return found;
}

interface Rule {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

const rulesOf = (spec: NetworkPolicySpec, direction: Direction): Rule[] =>
  direction === 'ingress'
    ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));

interface PeerContext {
  readonly namespace: string;
  readonly direction: Direction;
  readonly families: readonly IpFamily[];
  readonly peers: Map<string, PeerSelector>;
}

/** No peers are all peers. */
function peerMatches(peers: readonly NetworkPolicyPeer[], context: PeerContext): readonly Match[] {
  if (peers.length === 0) return ANY;
  const whole = peers.flatMap(({ ipBlock }) =>
    ipBlock === undefined || (ipBlock.except ?? []).length > 0 ? [] : (blockOf(ipBlock.cidr) ?? []),
  );
  return [
    ...blockMatches(whole, context.direction),
    ...peers.flatMap((peer) => singleMatches(peer, context)),
  ];
}

const field = (family: IpFamily, direction: Direction): string =>
  `${IP[family]} ${direction === 'ingress' ? 'saddr' : 'daddr'}`;

/** Blocks without exceptions share a rule, however many they are. */
function blockMatches(blocks: readonly Block[], direction: Direction): Match[] {
  return (['IPv4', 'IPv6'] as const).flatMap((family) => {
    const own = withoutContained(blocks.filter((block) => block.family === family));
    if (own.length === 0) return [];
    return [{ family, text: `${field(family, direction)} ${oneOf(own)}`, note: ' ipBlock' }];
  });
}

const oneOf = (blocks: readonly Block[]): string =>
  blocks.length === 1 ? blocks[0]!.text : `{ ${blocks.map(({ text }) => text).join(', ')} }`;

function singleMatches(peer: NetworkPolicyPeer, context: PeerContext): Match[] {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock !== undefined) return exceptMatches(ipBlock.cidr, ipBlock.except ?? [], context.direction);
  if (podSelector === undefined && namespaceSelector === undefined) return [];
  const selector = peerSelector(context.namespace, peer);
  context.peers.set(selector.key, selector);
  return context.families.map((family) => ({
    family,
    text: `${field(family, context.direction)} @${peerSet(selector.key, family)}`,
    note: ` ${selector.title}`,
  }));
}

function exceptMatches(cidr: string, except: readonly string[], direction: Direction): Match[] {
  const block = blockOf(cidr);
  if (block === undefined || except.length === 0) return [];
  const { family } = block;
  const holes = except.flatMap((text) => blockOf(text) ?? []).filter((hole) => hole.family === family);
  const address = field(family, direction);
  const but = holes.length === 0 ? '' : ` ${address} != ${oneOf(withoutContained(holes))}`;
  return [{ family, text: `${address} ${block.text}${but}`, note: ' ipBlock with exceptions' }];
}

interface PortContext {
  readonly families: readonly IpFamily[];
  readonly ports: Map<string, { name: string; protocol: string }>;
}

/** No ports are all ports and protocols; a protocol without a port is all ports of it. */
function portMatches(ports: readonly NetworkPolicyPort[], context: PortContext): readonly Match[] {
  if (ports.length === 0) return ANY;
  const protocols = [...new Set(ports.map(({ protocol = 'TCP' }) => protocol))];
  return protocols.flatMap((protocol) =>
    protocolMatches(
      protocol,
      ports.filter((one) => (one.protocol ?? 'TCP') === protocol),
      context,
    ),
  );
}

function protocolMatches(
  protocol: string,
  ports: readonly NetworkPolicyPort[],
  context: PortContext,
): Match[] {
  const l4 = protocol.toLowerCase();
  if (ports.some(({ port }) => port === undefined)) return [{ text: `meta l4proto ${l4}`, note: '' }];
  const ranges = mergeRanges(
    ports.flatMap(({ port, endPort }) =>
      typeof port === 'number' ? [[port, endPort ?? port] as const] : [],
    ),
  ).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  const numbers = ranges.length === 1 ? ranges[0] : `{ ${ranges.join(', ')} }`;
  const names = new Set(ports.flatMap(({ port }) => (typeof port === 'string' ? [port] : [])));
  for (const name of names) context.ports.set(`${name}/${protocol}`, { name, protocol });
  return [
    ...(ranges.length === 0 ? [] : [{ text: `${l4} dport ${numbers}`, note: '' }]),
    // A name means the port that the packet's own target has under it, whichever direction is judged.
    ...[...names].flatMap((name) =>
      context.families.map((family) => ({
        family,
        text: `${IP[family]} daddr . ${l4} dport @${portSet(name, protocol, family)}`,
        note: ` port ${name}`,
      })),
    ),
  ];
}

function product(far: readonly Match[], near: readonly Match[]): Match[] {
  return far.flatMap((peer) =>
    near.flatMap((port) =>
      peer.family !== undefined && port.family !== undefined && peer.family !== port.family
        ? []
        : [{ text: `${peer.text} ${port.text}`.trim(), note: `${peer.note}${port.note}` }],
    ),
  );
}
