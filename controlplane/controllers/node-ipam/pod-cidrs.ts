import { addressRange, subnetOf } from '#api/cidr.ts';

/** `10.244.N.0/24`, `fd00:10:244:N::/64`: a cluster has room for 256 nodes. */
const RANGES = 256;
const PREFIX = { IPv4: 24, IPv6: 64 } as const;

/** The ranges of a node with this number, one of each of the cluster's `podCidrs`. */
export function podCidrs(clusterCidrs: readonly string[], number: number): string[] {
  return clusterCidrs.map((cidr) => {
    const range = addressRange(cidr)!;
    return subnetOf(range, PREFIX[range.family], number);
  });
}

/**
 * The Pod CIDRs for a node: those of its number if it is named `node7`, so that addresses tell a reader where a Pod is, and stay when nodes
 * come in another order. Others get the highest free ones, out of the way of the numbered. Undefined when none are free.
 */
export function choosePodCidrs(
  clusterCidrs: readonly string[],
  nodeName: string,
  taken: ReadonlySet<string>,
): string[] | undefined {
  const number = Number(/^node([1-9]\d{0,2})$/.exec(nodeName)?.[1] ?? RANGES);
  const candidates = [...(number < RANGES ? [number] : []), ...highestFirst];
  for (const candidate of candidates) {
    const cidrs = podCidrs(clusterCidrs, candidate);
    if (!cidrs.some((cidr) => taken.has(cidr))) return cidrs;
  }
  return undefined;
}

const highestFirst = Array.from({ length: RANGES }, (_, index) => RANGES - 1 - index);
