import type { IpFamily } from './ip.ts';
import { CLUSTER_DNS_IP, CLUSTER_POD_CIDR, KUBERNETES_SERVICE_IP, SERVICE_CIDR } from './names.ts';

/** What a person asks for: `--ip-family`, `PODLAB_IP_FAMILY`. */
export type IpFamilySetting = 'ipv4' | 'ipv6' | 'dual';

export const IP_FAMILY_SETTINGS: readonly IpFamilySetting[] = ['ipv4', 'ipv6', 'dual'];

/** The cluster's address ranges, one of each family that it has, the primary family's first. */
export interface ClusterNetwork {
  readonly families: readonly IpFamily[];
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  /** Of the Service `kubernetes`, which has the primary family only. */
  readonly kubernetesServiceIp: string;
  readonly dnsIps: readonly string[];
}

const IPV4 = {
  family: 'IPv4',
  pods: CLUSTER_POD_CIDR,
  services: SERVICE_CIDR,
  kubernetes: KUBERNETES_SERVICE_IP,
  dns: CLUSTER_DNS_IP,
} as const;

/** A node's Pods have a /64 of the /56, as the node IPAM controller's default has it. */
const IPV6 = {
  family: 'IPv6',
  pods: 'fd00:10:244::/56',
  services: 'fd00:10:96::/112',
  kubernetes: 'fd00:10:96::1',
  dns: 'fd00:10:96::a',
} as const;

/** A dual-stack cluster's primary family is IPv4. */
export function clusterNetwork(setting: IpFamilySetting): ClusterNetwork {
  const ranges = { ipv4: [IPV4], ipv6: [IPV6], dual: [IPV4, IPV6] }[setting];
  return {
    families: ranges.map(({ family }) => family),
    podCidrs: ranges.map(({ pods }) => pods),
    serviceCidrs: ranges.map(({ services }) => services),
    kubernetesServiceIp: ranges[0]!.kubernetes,
    dnsIps: ranges.map(({ dns }) => dns),
  };
}
