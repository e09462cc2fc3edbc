import { BRIDGE } from '#api/names.ts';
import { POD_INTERFACE, VETH_ALIAS, VETH_ID_LENGTH, VETH_PREFIX } from './names.ts';
import type { PodAddress } from './pod-network.ts';

/** A Pod's end of the wire, as the kernel shows it. */
export interface PodLink {
  readonly sandboxId: string;
  readonly ip: string;
  readonly name: string;
}

export const vethName = (sandboxId: string): string => `${VETH_PREFIX}${sandboxId.slice(0, VETH_ID_LENGTH)}`;

/** `ip -json link show`, as far as it is used. */
interface ShownLink {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly mtu: number;
}

/** The Pods' links among those that `ip link show` printed. */
export function podLinks(shown: unknown): PodLink[] {
  return (shown as ShownLink[]).flatMap((link) => {
    const [mark, ip, sandboxId] = (link.ifalias ?? '').split(' ');
    return mark !== VETH_ALIAS || ip === undefined || sandboxId === undefined
      ? []
      : [{ sandboxId, ip, name: link.ifname }];
  });
}

export const mtuOf = (shown: unknown): number | undefined => (shown as ShownLink[])[0]?.mtu;

/** Commands in the node: makes the pair, one end on the bridge, the other in the Pod's namespace. */
export function nodeSideLines(sandboxId: string, pid: number, ip: string, mtu: number): string[] {
  const name = vethName(sandboxId);
  return [
    `link add ${name} mtu ${mtu} type veth peer name ${POD_INTERFACE} mtu ${mtu} netns ${pid}`,
    `link set dev ${name} alias "${VETH_ALIAS} ${ip} ${sandboxId}"`,
    `link set dev ${name} addrgenmode none`,
    `link set dev ${name} master ${BRIDGE} up`,
    // With br_netfilter the kernel answers a Pod that reaches itself through a Service on the port that the packet came in by.
    `link set dev ${name} type bridge_slave hairpin on`,
  ];
}

/**
 * Commands in the Pod's namespace. The address is a /32: also Pods of the same node reach each other through the node, because a reply that
 * crossed the bridge directly would not be translated back to the Service's address.
 */
export const podSideLines = ({ ip, gateway }: PodAddress): string[] => [
  'link set dev lo up',
  `link set dev ${POD_INTERFACE} addrgenmode none`,
  `addr replace ${ip}/32 dev ${POD_INTERFACE}`,
  `link set dev ${POD_INTERFACE} up`,
  `route replace ${gateway} dev ${POD_INTERFACE} scope link`,
  `route replace default via ${gateway} dev ${POD_INTERFACE}`,
];
