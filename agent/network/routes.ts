import { familyOf } from '#api/ip.ts';
import { UPLINK } from '#api/names.ts';
import { rangeOf } from './families.ts';
import { ROUTE_PROTOCOL } from './names.ts';
import type { Peer } from './pod-network.ts';

/** `ip -json route show`, as far as it is used. */
export interface ShownRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}

/** The `ip` commands that turn our routes, as shown, into one route a peer's Pod CIDR, by the peer's address of the same IP family. */
export function planRoutes(shown: readonly ShownRoute[], peers: readonly Peer[]): string[] {
  const wanted = new Map(peers.flatMap(routesTo));
  const present = new Map(
    shown.flatMap((route) =>
      route.gateway === undefined ? [] : [[route.dst, `via ${route.gateway} dev ${route.dev}`]],
    ),
  );
  return [
    ...[...present.keys()]
      .filter((cidr) => !wanted.has(cidr))
      .map((cidr) => `route del ${cidr} proto ${ROUTE_PROTOCOL}`),
    ...[...wanted]
      .filter(([cidr, way]) => present.get(cidr) !== way)
      .map(([cidr, way]) => `route replace ${cidr} ${way} proto ${ROUTE_PROTOCOL}`),
  ];
}

const routesTo = ({ podCidrs, internalIps }: Peer): [string, string][] =>
  podCidrs.flatMap((cidr): [string, string][] => {
    const via = internalIps.find((ip) => familyOf(ip) === rangeOf(cidr).family);
    return via === undefined ? [] : [[cidr, `via ${via} dev ${UPLINK}`]];
  });
