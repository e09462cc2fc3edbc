import { bitsOf, familyOf, type IpFamily } from '#api/ip.ts';
import { runCommand } from '#api/command.ts';
import { BRIDGE } from '#api/names.ts';
import { linkLocalLine } from './bridge.ts';
import { hostCidr, type FamilyNetwork } from './families.ts';
import { POD_INTERFACE, VETH_ALIAS, VETH_ID_LENGTH, VETH_PREFIX } from './names.ts';

/** A Pod's end of the wire, as the kernel shows it. */
export interface PodLink {
  readonly sandboxId: string;
  readonly ips: readonly string[];
  readonly name: string;
  /** Of the interface, by which the other end knows it. */
  readonly index: number;
}

export const vethName = (sandboxId: string): string => `${VETH_PREFIX}${sandboxId.slice(0, VETH_ID_LENGTH)}`;

/** `ip -json link show`, as far as it is used. */
interface ShownLink {
  readonly ifname: string;
  readonly ifindex: number;
  readonly ifalias?: string;
  readonly mtu: number;
}

/** The Pods' links among those that `ip link show` printed. */
export function podLinks(shown: unknown): PodLink[] {
  return (shown as ShownLink[]).flatMap((link) => {
    const [mark, ips, sandboxId] = (link.ifalias ?? '').split(' ');
    return mark !== VETH_ALIAS || ips === undefined || sandboxId === undefined
      ? []
      : [{ sandboxId, ips: ips.split(','), name: link.ifname, index: link.ifindex }];
  });
}

/**
 * The global addresses of one interface, or of all. By a process of its own: in a batch `ip` shows none any more once it has shown links
 * (iproute2 6.1 keeps the family of these).
 */
export const showAddresses = async (...selector: readonly string[]): Promise<ShownAddresses[]> =>
  JSON.parse(
    await runCommand('ip', ['-json', 'addr', 'show', ...selector, 'scope', 'global']),
  ) as ShownAddresses[];

/** `ip -json addr show`, as far as it is used. */
interface ShownAddresses {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** The addresses that are a machine's own: neither on the loopback device nor networks of their own, as those of Services are. */
export const ownCidrs = (shown: readonly ShownAddresses[]): string[] =>
  shown.flatMap(({ ifname, addr_info: addresses = [] }) =>
    addresses.flatMap(({ local, prefixlen }) =>
      ifname === 'lo' || local === undefined || prefixlen === bitsOf(familyOf(local) ?? 'IPv4')
        ? []
        : [`${local}/${prefixlen}`],
    ),
  );

export const addressOf = (cidr: string): string => cidr.split('/')[0] ?? '';

/** The addresses of an interface with their prefix lengths, IPv4 first; those that are networks of their own only if there is nothing else. */
export function cidrsOf(shown: readonly ShownAddresses[]): string[] {
  const addresses = shown.flatMap(({ addr_info: found = [] }) => found);
  return FAMILIES.flatMap((family) => {
    const own = addresses.flatMap(({ local, prefixlen }) =>
      local !== undefined && familyOf(local) === family ? [`${local}/${prefixlen}`] : [],
    );
    return own.find((cidr) => !cidr.endsWith(`/${bitsOf(family)}`)) ?? own[0] ?? [];
  });
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** Undefined when the link is not among those that `ip link show` printed. */
export const mtuOf = (shown: unknown, name: string): number | undefined =>
  (shown as ShownLink[]).find(({ ifname }) => ifname === name)?.mtu;

/** Commands in the node: makes the pair, one end on the bridge, the other in the Pod's namespace. */
export function nodeSideLines(sandboxId: string, pid: number, ips: readonly string[], mtu: number): string[] {
  const name = vethName(sandboxId);
  return [
    `link add ${name} mtu ${mtu} type veth peer name ${POD_INTERFACE} mtu ${mtu} netns ${pid}`,
    `link set dev ${name} alias "${VETH_ALIAS} ${ips.join()} ${sandboxId}"`,
    `link set dev ${name} addrgenmode none`,
    `link set dev ${name} master ${BRIDGE} up`,
    // With br_netfilter the kernel answers a Pod that reaches itself through a Service on the port that the packet came in by.
    `link set dev ${name} type bridge_slave hairpin on`,
  ];
}

/**
 * Commands in the Pod's namespace. An address is a network of its own: also Pods of the same node reach each other through the node, because
 * a reply that crossed the bridge directly would not be translated back to the Service's address.
 */
export const podSideLines = (
  ips: readonly string[],
  networks: readonly FamilyNetwork[],
  mtu: number,
): string[] => [
  'link set dev lo up',
  `link set dev ${POD_INTERFACE} addrgenmode none mtu ${mtu}`,
  `link set dev ${POD_INTERFACE} up`,
  ...networks.flatMap((network) => {
    const ip = ips.find((one) => familyOf(one) === network.family);
    return ip === undefined ? [] : addressLines(ip, network);
  }),
];

function addressLines(ip: string, { family, gateway, podCidr }: FamilyNetwork): string[] {
  const v6 = family === 'IPv6';
  return [
    `addr replace ${hostCidr(ip, family)} dev ${POD_INTERFACE}${v6 ? ' nodad' : ''}`,
    ...(v6 ? [linkLocalLine(ip, podCidr, POD_INTERFACE)] : []),
    `route replace ${hostCidr(gateway, family)} dev ${POD_INTERFACE}${v6 ? '' : ' scope link'}`,
    `route replace ${v6 ? '::/0' : 'default'} via ${gateway} dev ${POD_INTERFACE}`,
  ];
}
