import { bitsOf, familyOf } from '#api/ip.ts';
import { UPLINK } from '#api/names.ts';
import { rangeOf } from './families.ts';
import { ROUTE_PROTOCOL, TUNNEL } from './names.ts';
import type { Peer } from './pod-network.ts';

export interface Route {
  readonly dst: string;
  readonly via: string;
  readonly dev: string;
}

/** `ip -json route show`, as far as it is used. */
export interface ShownRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}

/** The `ip` commands that turn our routes to other nodes, as shown, into these. */
export function planRoutes(shown: readonly ShownRoute[], routes: readonly Route[]): string[] {
  const wanted = new Map(routes.map((route) => [route.dst, route]));
  const present = new Map(
    shown.flatMap(({ dst, gateway: via, dev }) =>
      via === undefined || dev === undefined ? [] : [[withPrefix(dst), { via, dev }]],
    ),
  );
  return [
    ...[...present.keys()]
      .filter((dst) => !wanted.has(dst))
      .map((dst) => `route del ${dst} proto ${ROUTE_PROTOCOL}`),
    ...routes
      .filter(({ dst, via, dev }) => present.get(dst)?.via !== via || present.get(dst)?.dev !== dev)
      .map(
        ({ dst, via, dev }) =>
          `route replace ${dst} via ${via} dev ${dev}${dev === TUNNEL ? ' onlink' : ''} proto ${ROUTE_PROTOCOL}`,
      ),
  ];
}

/** `ip` leaves the prefix of a single address out. */
const withPrefix = (dst: string): string =>
  dst.includes('/') ? dst : `${dst}/${bitsOf(familyOf(dst) ?? 'IPv4')}`;

/** Routes to the Pods of nodes in the same network, each by the node's address of the same IP family. */
export const neighbourRoutes = (neighbours: readonly Peer[]): Route[] =>
  neighbours.flatMap(({ podCidrs, internalIps }) =>
    podCidrs.flatMap((dst) => {
      const via = internalIps.find((ip) => familyOf(ip) === rangeOf(dst).family);
      return via === undefined ? [] : [{ dst, via, dev: UPLINK }];
    }),
  );
