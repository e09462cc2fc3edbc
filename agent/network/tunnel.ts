import { addressRange, overlaps } from '#api/cidr.ts';
import { familyOf, numberToIp } from '#api/ip.ts';
import { hostCidr, rangeOf, type FamilyNetwork } from './families.ts';
import { TUNNEL, TUNNEL_ID, TUNNEL_PORT } from './names.ts';
import { holds, macOf, type Place, type TunnelPeer } from './peers.ts';
import type { Route } from './routes.ts';

/** What VXLAN adds to a packet, in bytes: Ethernet, VXLAN, UDP and the outer IP header. */
export const TUNNEL_OVERHEAD = { IPv4: 50, IPv6: 70 } as const;

/** A Pod CIDR's first address stands for its node on the tunnel, as with flannel. */
const tunnelIp = (podCidr: string): string => numberToIp(rangeOf(podCidr).first, rangeOf(podCidr).family);

/**
 * Commands that make this node's end of the tunnel. Who is at the other ends is only told, never learned. Over IPv4 there is no outer checksum:
 * Linux gets it wrong when the packet is translated before the inner one is made, as it is on its way out of a container.
 */
export const tunnelLines = (
  nodeName: string,
  local: string,
  mtu: number,
  networks: readonly FamilyNetwork[],
): string[] => [
  `link add ${TUNNEL} address ${macOf(nodeName)} mtu ${mtu} type vxlan id ${TUNNEL_ID} dstport ${TUNNEL_PORT} local ${local} nolearning noudpcsum`,
  `link set dev ${TUNNEL} addrgenmode none`,
  `link set dev ${TUNNEL} up`,
  ...networks.map(
    ({ family, podCidr }) =>
      `addr replace ${hostCidr(tunnelIp(podCidr), family)} dev ${TUNNEL}${family === 'IPv6' ? ' nodad' : ''}`,
  ),
];

/** `ip -json neigh show` and `bridge -json fdb show`, as far as they are used. */
export interface ShownNeighbour {
  readonly dst: string;
  readonly lladdr?: string;
}
export interface ShownForward {
  readonly mac: string;
  readonly dst?: string;
  readonly port?: number;
}

/** The `ip` commands that make the tunnel's neighbours these. */
export function planNeighbours(shown: readonly ShownNeighbour[], remote: readonly TunnelPeer[]): string[] {
  const wanted = new Map(
    remote.flatMap(({ peer, mac }) => peer.podCidrs.map((cidr) => [tunnelIp(cidr), mac] as const)),
  );
  const present = new Map(shown.map(({ dst, lladdr }) => [dst, lladdr]));
  return [
    ...[...present.keys()].filter((ip) => !wanted.has(ip)).map((ip) => `neigh del ${ip} dev ${TUNNEL}`),
    ...[...wanted]
      .filter(([ip, mac]) => present.get(ip) !== mac)
      .map(([ip, mac]) => `neigh replace ${ip} lladdr ${mac} dev ${TUNNEL} nud permanent`),
  ];
}

/** The `bridge` commands by which each node's frames go to its machine. */
export function planForwards(shown: readonly ShownForward[], remote: readonly TunnelPeer[]): string[] {
  const wanted = new Map(remote.map(({ mac, endpoint: { ip, port } }) => [mac, `dst ${ip} port ${port}`]));
  const present = new Map(
    shown.map(({ mac, dst, port = TUNNEL_PORT }) => [
      mac,
      dst === undefined ? '' : `dst ${dst} port ${port}`,
    ]),
  );
  return [
    ...[...present.keys()].filter((mac) => !wanted.has(mac)).map((mac) => `fdb del ${mac} dev ${TUNNEL}`),
    ...[...wanted]
      .filter(([mac, way]) => present.get(mac) !== way)
      .map(([mac, way]) => `fdb replace ${mac} dev ${TUNNEL} ${way} self permanent`),
  ];
}

/**
 * Routes into the tunnel: to the Pods of nodes elsewhere, and, where the uplink does not lead there, to these nodes and to what else is in
 * their network (the control plane above all), by the first of them.
 */
export function tunnelRoutes(place: Place, remote: readonly TunnelPeer[]): Route[] {
  const pods = remote.flatMap(({ peer }) => peer.podCidrs.map((cidr) => routeTo(cidr, cidr)));
  const hidden = remote.filter((one) => one.hidden);
  const nodes = hidden.flatMap(({ peer }) =>
    peer.internalIps.flatMap((ip) => viaPeer(peer.podCidrs, ip, hostCidr(ip, familyOf(ip) ?? 'IPv4'))),
  );
  const networks = hidden
    .toSorted((a, b) => (a.peer.nodeName < b.peer.nodeName ? -1 : 1))
    .flatMap(({ peer }) =>
      (peer.nodeCidrs ?? []).flatMap((cidr) => {
        const range = addressRange(cidr);
        const usable = range !== undefined && isElsewhere(place, cidr, remote);
        if (!usable) return [];
        return viaPeer(peer.podCidrs, cidr, `${numberToIp(range.first, range.family)}/${range.prefix}`);
      }),
    );
  return [...pods, ...nodes, ...firstOfEach(networks)];
}

/** A network that this node is in itself, or through which the tunnel goes, cannot be behind the tunnel. */
function isElsewhere(place: Place, cidr: string, remote: readonly TunnelPeer[]): boolean {
  const range = rangeOf(cidr);
  const own = place.cidrs.flatMap((one) => addressRange(one) ?? []);
  return (
    !own.some((one) => overlaps(one, range)) && !remote.some(({ endpoint }) => holds(range, endpoint.ip))
  );
}

function viaPeer(podCidrs: readonly string[], like: string, dst: string): Route[] {
  const family = familyOf(like.split('/')[0] ?? '');
  const podCidr = podCidrs.find((cidr) => rangeOf(cidr).family === family);
  return podCidr === undefined ? [] : [routeTo(dst, podCidr)];
}

const routeTo = (dst: string, podCidr: string): Route => ({ dst, via: tunnelIp(podCidr), dev: TUNNEL });

const firstOfEach = (routes: readonly Route[]): Route[] => [
  ...new Map(routes.toReversed().map((route) => [route.dst, route])).values(),
];

export const removeTunnelLine = `link del ${TUNNEL}`;
