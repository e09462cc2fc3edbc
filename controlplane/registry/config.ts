import { clusterNetwork, type ClusterNetwork } from '#api/cluster-network.ts';
import { NODE_PORT_RANGE } from '#api/names.ts';

/** What a cluster's operator may choose. */
export interface RegistryConfig {
  /** The IP families and address ranges that the cluster was started with. */
  readonly network: ClusterNetwork;
  /** Both ends belong to it. */
  readonly nodePortRange: { readonly first: number; readonly last: number };
  /** Seconds that a Pod stays on a node that is not ready or unreachable, unless it says otherwise. */
  readonly evictionSeconds: number;
}

export const DEFAULT_CONFIG: RegistryConfig = {
  network: clusterNetwork('ipv4'),
  nodePortRange: NODE_PORT_RANGE,
  evictionSeconds: 300,
};
