/** A clash of Docker's ranges with the cluster's own. */
import { addressRange, overlaps } from '#api/cidr.ts';
import type { ClusterNetwork } from '#api/cluster-network.ts';

/** Which of the cluster's ranges overlaps `cidr`; undefined where none does or `cidr` is none. */
export function clashingRange(cidr: string, network: ClusterNetwork): string | undefined {
  const taken = addressRange(cidr);
  if (taken === undefined) return undefined;
  return [...network.podCidrs, ...network.serviceCidrs].find((range) =>
    overlaps(addressRange(range)!, taken),
  );
}
