import { UPLINK } from '#api/names.ts';
import { ROUTE_PROTOCOL } from './names.ts';
import type { Peer } from './pod-network.ts';

/** `ip -json route show`, as far as it is used. */
export interface ShownRoute {
  readonly dst: string;
  readonly gateway?: string;
}

/** The `ip` commands that turn our routes, as shown, into one route a peer. */
export function planRoutes(shown: readonly ShownRoute[], peers: readonly Peer[]): string[] {
  const wanted = new Map(
    peers.flatMap(({ podCidrs: [cidr], internalIps: [via] }) =>
      cidr === undefined || via === undefined ? [] : [[cidr, via]],
    ),
  );
  const present = new Map(
    shown.flatMap((route) => (route.gateway === undefined ? [] : [[route.dst, route.gateway]])),
  );
  return [
    ...[...present.keys()]
      .filter((cidr) => !wanted.has(cidr))
      .map((cidr) => `route del ${cidr} proto ${ROUTE_PROTOCOL}`),
    ...[...wanted]
      .filter(([cidr, gateway]) => present.get(cidr) !== gateway)
      .map(([cidr, gateway]) => `route replace ${cidr} via ${gateway} dev ${UPLINK} proto ${ROUTE_PROTOCOL}`),
  ];
}
