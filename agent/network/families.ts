import { addressRange, type AddressRange } from '#api/cidr.ts';
import { bitsOf, numberToIp, type IpFamily } from '#api/ip.ts';

/** What the control plane tells a node of the cluster's ranges: one of each IP family, the primary family's first. */
export interface NetworkRanges {
  readonly podCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
}

/** One IP family of a node's Pod network. */
export interface FamilyNetwork {
  readonly family: IpFamily;
  /** Of this node. */
  readonly podCidr: string;
  readonly clusterPodCidr: string;
  readonly serviceCidr: string;
  /** The bridge's own address: the first after the network's. */
  readonly gateway: string;
}

/** Throws on a text that is no CIDR, and when the cluster has no range of a family that the node has. */
export function familyNetworks({ podCidrs, clusterPodCidrs, serviceCidrs }: NetworkRanges): FamilyNetwork[] {
  if (podCidrs.length === 0) throw new Error('the node has no Pod CIDR');
  return podCidrs.map((podCidr) => {
    const { family, first } = rangeOf(podCidr);
    return {
      family,
      podCidr,
      clusterPodCidr: ofFamily(clusterPodCidrs, family),
      serviceCidr: ofFamily(serviceCidrs, family),
      gateway: numberToIp(first + 1n, family),
    };
  });
}

/** Throws on anything but a block of addresses such as `10.244.1.0/24`. */
export function rangeOf(cidr: string): AddressRange {
  const range = addressRange(cidr);
  if (range === undefined) throw new Error(`invalid CIDR address: ${cidr}`);
  return range;
}

function ofFamily(cidrs: readonly string[], family: IpFamily): string {
  const found = cidrs.find((cidr) => rangeOf(cidr).family === family);
  if (found === undefined) throw new Error(`the cluster has no ${family} range in ${cidrs.join(', ')}`);
  return found;
}

/** The address as a network of its own, as routes and interfaces name it. */
export const hostCidr = (ip: string, family: IpFamily): string => `${ip}/${bitsOf(family)}`;
