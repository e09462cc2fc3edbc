import { canonicalIp, familyOf, type IpFamily } from '#api/ip.ts';
import { BRIDGE } from '#api/names.ts';
import { HOST_PORT_TABLE } from './names.ts';

/** A container's port that is to be had on the node (core/v1 ContainerPort). */
export interface HostPort {
  /** '', `0.0.0.0` or `::`: every address of the node. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** One way in: what comes to the host's port goes to the Pod's. */
export interface HostPortRule {
  readonly family: IpFamily;
  /** '': every address of the node. */
  readonly hostIp: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly hostPort: number;
  readonly podIp: string;
  readonly containerPort: number;
  /** `namespace/name` of the Pod. */
  readonly title: string;
}

/** The rules of one Pod, in the families that it has. A `hostIP` is of one family, also that which means every address. */
export const hostPortRules = (
  title: string,
  ports: readonly HostPort[],
  podIps: readonly string[],
): HostPortRule[] =>
  ports.flatMap(({ hostIp, hostPort, containerPort, protocol }) =>
    podIps
      .filter((podIp) => hostIp === '' || familyOf(hostIp) === familyOf(podIp))
      .map((podIp) => ({
        family: familyOf(podIp) ?? 'IPv4',
        hostIp: ['', '0.0.0.0', '::'].includes(hostIp) ? '' : canonicalIp(hostIp),
        protocol: protocol.toLowerCase() as Lowercase<typeof protocol>,
        hostPort,
        podIp,
        containerPort,
        title,
      })),
  );

const keyOf = ({ family, hostIp, protocol, hostPort }: HostPortRule): string =>
  `${family} ${hostIp} ${protocol} ${hostPort}`;

/**
 * Rules without those whose port an earlier one has: Pods that the scheduler did not place may clash, and a map has one entry a key. The
 * others get the port when the first is gone.
 */
export function withoutClashes(rules: readonly HostPortRule[]): HostPortRule[] {
  const taken = new Map<string, HostPortRule>();
  for (const rule of rules) if (!taken.has(keyOf(rule))) taken.set(keyOf(rule), rule);
  return [...taken.values()];
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
const ANY = 'any-address';
const ONE = 'one-address';
const NODE = 'node-addresses';
const PODS = 'pods';
const nameOf = (kind: string, family: IpFamily): string => `${kind}-${family.toLowerCase()}`;

/**
 * The nft text that makes the table hold exactly these rules, in one transaction (CNI plugin portmap). Its hooks come before those of
 * Services, and the first that translates a connection has it. `nodeAddresses`: where the ports are that name no address.
 */
export const hostPortTable = (rules: readonly HostPortRule[], nodeAddresses: readonly string[]): string => `
table inet ${HOST_PORT_TABLE} {
  comment "hostPort: ports of this node that lead to its Pods";
${FAMILIES.map(definitionsOf).join('\n')}
  chain prerouting {
    type nat hook prerouting priority -101;
  }
  chain output {
    type nat hook output priority -101;
  }
  chain postrouting {
    type nat hook postrouting priority 99;
  }
  chain host-ports {
  }
}
${FAMILIES.flatMap((family) => [NODE, ANY, ONE, PODS].map((kind) => `flush ${KEYWORDS[kind]} inet ${HOST_PORT_TABLE} ${nameOf(kind, family)}`)).join('\n')}
${['prerouting', 'output', 'postrouting', 'host-ports'].map((chain) => `flush chain inet ${HOST_PORT_TABLE} ${chain}`).join('\n')}
table inet ${HOST_PORT_TABLE} {
  chain prerouting {
    iifname != "lo" ip daddr 127.0.0.0/8 return comment "nobody outside reaches the node's localhost";
    jump host-ports;
  }
  chain output {
    jump host-ports;
  }
  chain host-ports {
${FAMILIES.map(translationsOf).join('\n')}
  }
  chain postrouting {
    oifname "${BRIDGE}" ip saddr 127.0.0.0/8 masquerade comment "a Pod cannot answer the node's localhost";
    oifname "${BRIDGE}" ct status dnat ip saddr . ip daddr @${nameOf(PODS, 'IPv4')} masquerade comment "nor itself";
    oifname "${BRIDGE}" ct status dnat ip6 saddr . ip6 daddr @${nameOf(PODS, 'IPv6')} masquerade;
  }
}
${FAMILIES.flatMap((family) => elementsOf(family, rules, nodeAddresses)).join('\n')}
`;

const KEYWORDS: Readonly<Record<string, string>> = {
  [NODE]: 'set',
  [ANY]: 'map',
  [ONE]: 'map',
  [PODS]: 'set',
};

function definitionsOf(family: IpFamily): string {
  const type = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  return `  set ${nameOf(NODE, family)} {
    type ${type}; flags interval; auto-merge;
  }
  map ${nameOf(ANY, family)} {
    type inet_proto . inet_service : ${type} . inet_service;
    comment "ports on every address of the node";
  }
  map ${nameOf(ONE, family)} {
    type ${type} . inet_proto . inet_service : ${type} . inet_service;
    comment "ports that name their hostIP";
  }
  set ${nameOf(PODS, family)} {
    type ${type} . ${type};
    comment "Pods that may reach themselves through the node";
  }`;
}

function translationsOf(family: IpFamily): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  return `    dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @${nameOf(ONE, family)};
    ${ip} daddr @${nameOf(NODE, family)} dnat ${ip} to meta l4proto . th dport map @${nameOf(ANY, family)};`;
}

function elementsOf(
  family: IpFamily,
  rules: readonly HostPortRule[],
  nodeAddresses: readonly string[],
): string[] {
  const own = withoutClashes(rules).filter((rule) => rule.family === family);
  const addresses = nodeAddresses.filter((address) => familyOf(address) === family);
  const pods = [...new Set(own.map(({ podIp }) => `${podIp} . ${podIp}`))];
  return [
    addLine(NODE, family, family === 'IPv4' ? ['127.0.0.0/8', ...addresses] : addresses),
    addLine(PODS, family, pods),
    addLine(ANY, family, own.filter(({ hostIp }) => hostIp === '').map(elementOf)),
    addLine(ONE, family, own.filter(({ hostIp }) => hostIp !== '').map(elementOf)),
  ].flat();
}

const addLine = (kind: string, family: IpFamily, elements: readonly string[]): string[] =>
  elements.length === 0
    ? []
    : [`add element inet ${HOST_PORT_TABLE} ${nameOf(kind, family)} { ${elements.join(', ')} }`];

/** nft's limit is 128 characters. */
const COMMENT_LIMIT = 120;

function elementOf({ hostIp, protocol, hostPort, podIp, containerPort, title }: HostPortRule): string {
  const key = [...(hostIp === '' ? [] : [hostIp]), protocol, hostPort].join(' . ');
  return `${key} comment "${title.slice(0, COMMENT_LIMIT)}" : ${podIp} . ${containerPort}`;
}

/** `nft -j list table`, as far as it is used. */
interface ShownTable {
  readonly nftables: readonly {
    readonly map?: { readonly name: string; readonly elem?: readonly ShownElement[] };
  }[];
}
type Concatenation = { readonly concat: readonly (string | number)[] };
type ShownElement = readonly [
  Concatenation | { readonly elem: { readonly val: Concatenation; readonly comment?: string } },
  Concatenation,
];

/** The rules that a table holds, as `nft -j list table` shows it: what an agent had set that ran before. */
export function parseHostPortTable(text: string): HostPortRule[] {
  const { nftables } = JSON.parse(text) as ShownTable;
  return nftables.flatMap(({ map }) => (map?.elem ?? []).map(ruleOf));
}

function ruleOf([key, value]: ShownElement): HostPortRule {
  const { val, comment = '' } = 'elem' in key ? key.elem : { val: key };
  const [podIp, containerPort] = value.concat;
  const [hostPort, protocol, hostIp = ''] = val.concat.toReversed();
  return {
    family: familyOf(String(podIp)) ?? 'IPv4',
    hostIp: String(hostIp),
    protocol: String(protocol) as HostPortRule['protocol'],
    hostPort: Number(hostPort),
    podIp: String(podIp),
    containerPort: Number(containerPort),
    title: comment,
  };
}
