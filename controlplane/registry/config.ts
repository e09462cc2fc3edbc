import { NODE_PORT_RANGE, SERVICE_CIDR } from '#api/names.ts';

/** What a cluster's operator may choose. */
export interface RegistryConfig {
  /** IPv4 CIDR of the Services' addresses. */
  readonly serviceCidr: string;
  /** Both ends belong to it. */
  readonly nodePortRange: { readonly first: number; readonly last: number };
  /** Seconds that a Pod stays on a node that is not ready or unreachable, unless it says otherwise. */
  readonly evictionSeconds: number;
}

export const DEFAULT_CONFIG: RegistryConfig = {
  serviceCidr: SERVICE_CIDR,
  nodePortRange: NODE_PORT_RANGE,
  evictionSeconds: 300,
};
