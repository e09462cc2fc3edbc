import { createHash } from 'node:crypto';
import { addressRange, type AddressRange } from '#api/cidr.ts';
import { familyOf, ipToNumber, type IpFamily } from '#api/ip.ts';
import { TUNNEL_PORT } from './names.ts';
import type { Peer } from './pod-network.ts';
import { addressOf } from './veth.ts';

/** Where this node stands, to tell its neighbours from nodes elsewhere. */
export interface Place {
  /** The id of the node's Docker network; '' when it is in none. */
  readonly dockerNetwork: string;
  /** The node's addresses on the uplink with prefix length, IPv4 first. */
  readonly cidrs: readonly string[];
}

/** Another node behind the tunnel. */
export interface TunnelPeer {
  readonly peer: Peer;
  /** Of its end of the tunnel. */
  readonly mac: string;
  /** Where its machine takes the tunnel's packets. */
  readonly endpoint: { readonly ip: string; readonly port: number };
  /** Its own address is not one that this node's uplink leads to: it is reached through the tunnel too. */
  readonly hidden: boolean;
}

export interface SortedPeers {
  /** In the same network: routed to directly. */
  readonly neighbours: readonly Peer[];
  readonly remote: readonly TunnelPeer[];
  /** What cannot be reached and why. */
  readonly problems: readonly string[];
}

/**
 * Two nodes of one Docker network are neighbours. Where that is not known, those are whose address is in the uplink's subnet (flannel's
 * `DirectRouting`): subnets alone do not tell, because Docker gives the same ones on every machine.
 */
export function sortPeers(place: Place, peers: readonly Peer[]): SortedPeers {
  const neighbours = peers.filter((peer) => isNeighbour(place, peer));
  const family = familyOf(addressOf(place.cidrs[0] ?? '')) ?? 'IPv4';
  const remote: TunnelPeer[] = [];
  const problems: string[] = [];
  for (const peer of peers.filter((one) => !neighbours.includes(one))) {
    const endpoint = endpointOf(peer, family);
    if (endpoint === undefined) problems.push(`${peer.nodeName} has no ${family} address for the tunnel`);
    else remote.push({ peer, endpoint, mac: macOf(peer.nodeName), hidden: isHidden(peer, endpoint.ip) });
  }
  return { neighbours, remote, problems };
}

function isNeighbour({ dockerNetwork, cidrs }: Place, peer: Peer): boolean {
  if (dockerNetwork !== '' && (peer.dockerNetwork ?? '') !== '') return dockerNetwork === peer.dockerNetwork;
  const subnets = cidrs.flatMap((cidr) => addressRange(cidr) ?? []);
  return subnets.length === 0 || peer.internalIps.some((ip) => subnets.some((subnet) => holds(subnet, ip)));
}

export const holds = ({ family, first, last }: AddressRange, ip: string): boolean =>
  familyOf(ip) === family && ipToNumber(ip) >= first && ipToNumber(ip) <= last;

function endpointOf(
  { tunnelEndpoint = '', internalIps }: Peer,
  family: IpFamily,
): TunnelPeer['endpoint'] | undefined {
  if (tunnelEndpoint !== '') {
    const endpoint = parseEndpoint(tunnelEndpoint);
    return endpoint !== undefined && familyOf(endpoint.ip) === family ? endpoint : undefined;
  }
  const ip = internalIps.find((one) => familyOf(one) === family);
  return ip === undefined ? undefined : { ip, port: TUNNEL_PORT };
}

const isHidden = ({ internalIps }: Peer, endpoint: string): boolean => !internalIps.includes(endpoint);

/** `192.0.2.1:8472`, `[2001:db8::1]:8472`, or an address alone. Undefined when it is neither. */
export function parseEndpoint(text: string): { ip: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const ip = match?.[1] ?? match?.[2] ?? text;
  const port = match === null ? TUNNEL_PORT : Number(match[3]);
  return familyOf(ip) === undefined || port < 1 || port > 65_535 ? undefined : { ip, port };
}

/** Every node computes the same, so that nobody has to ask. */
export const macOf = (nodeName: string): string =>
  `0a:${createHash('sha256').update(nodeName).digest('hex').slice(0, 10).match(/../g)!.join(':')}`;
