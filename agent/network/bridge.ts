import { ipToNumber, numberToIp } from '#api/ip.ts';
import { BRIDGE } from '#api/names.ts';
import { rangeOf, type FamilyNetwork } from './families.ts';
import { ROUTE_PROTOCOL, SERVICE_ROUTE_METRIC } from './names.ts';

/** Commands that make the bridge, or bring the one that is there up to date. */
export function bridgeLines(networks: readonly FamilyNetwork[], fresh: boolean, mtu: number): string[] {
  return [
    // A bridge without an address of its own takes a port's, and changes it when that Pod goes: Pods would lose their gateway.
    ...(fresh ? [`link add ${BRIDGE} address ${macOf(networks[0]!.gateway)} type bridge`] : []),
    `link set dev ${BRIDGE} addrgenmode none`,
    `link set dev ${BRIDGE} mtu ${mtu} up`,
    ...networks.flatMap(addressLines),
  ];
}

function addressLines({ family, gateway, podCidr, serviceCidr }: FamilyNetwork): string[] {
  const { prefix } = rangeOf(podCidr);
  return [
    `addr replace ${gateway}/${prefix} dev ${BRIDGE}${family === 'IPv6' ? ' nodad' : ''}`,
    ...(family === 'IPv6' ? [linkLocalLine(gateway, podCidr, BRIDGE)] : []),
    // Keeps Services in the node: the output hook translates what has a route and a source address, and what is left must not get out.
    `route replace ${serviceCidr} dev ${BRIDGE} proto ${ROUTE_PROTOCOL} metric ${SERVICE_ROUTE_METRIC}`,
  ];
}

/** The CNI plugins' way: a prefix of their own and the IPv4 address; of an IPv6 address its end, which is the same on every node's bridge. */
function macOf(gateway: string): string {
  const end = (ipToNumber(gateway) & 0xffffffffn).toString(16).padStart(8, '0');
  return `0a:58:${end.match(/../g)!.join(':')}`;
}

/**
 * A link-local address with the host part of `ip`, so that it is as unique on the bridge. Neighbours are asked for with it as source. It is
 * set here because the kernel's own would first have to be found unique, which takes a second.
 */
export function linkLocalLine(ip: string, podCidr: string, device: string): string {
  const host = ipToNumber(ip) - rangeOf(podCidr).first;
  const local = numberToIp(ipToNumber('fe80::') + (host & 0xffffffffffffffffn), 'IPv6');
  return `addr replace ${local}/64 dev ${device} nodad`;
}
