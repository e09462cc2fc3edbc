import type { IpFamily } from '#api/ip.ts';

/** Where everything in the lab is, in one IP family. */
export interface LabAddresses {
  readonly family: IpFamily;
  readonly clusterPodCidr: string;
  readonly nodePodCidr: string;
  /** Of the other node. */
  readonly remotePodCidr: string;
  readonly serviceCidr: string;
  readonly gateway: string;
  readonly podIp: (index: number) => string;
  /** A Pod of the other node. */
  readonly remotePodIp: string;
  readonly nodeIp: string;
  /** The machine outside, which is also the other node; it has two addresses. */
  readonly outsideIp: string;
  readonly strangerIp: string;
  /** Bits of the network between the node and the machine outside. */
  readonly nodeNetworkBits: number;
  /** Bits of a whole address. */
  readonly hostBits: number;
  readonly clusterIp: string;
  readonly otherClusterIp: string;
  readonly unusedClusterIp: string;
  readonly externalIp: string;
  readonly loadBalancerIp: string;
  /** What the machine outside sends to the node: external and LoadBalancer addresses. */
  readonly externalCidr: string;
}

export const IPV4: LabAddresses = {
  family: 'IPv4',
  clusterPodCidr: '10.244.0.0/16',
  nodePodCidr: '10.244.1.0/24',
  remotePodCidr: '10.244.2.0/24',
  serviceCidr: '10.96.0.0/16',
  gateway: '10.244.1.1',
  podIp: (index) => `10.244.1.${index + 2}`,
  remotePodIp: '10.244.2.9',
  nodeIp: '172.30.0.2',
  outsideIp: '172.30.0.1',
  strangerIp: '172.30.0.9',
  nodeNetworkBits: 24,
  hostBits: 32,
  clusterIp: '10.96.7.7',
  otherClusterIp: '10.96.8.8',
  unusedClusterIp: '10.96.200.1',
  externalIp: '198.51.100.7',
  loadBalancerIp: '198.51.100.8',
  externalCidr: '198.51.100.0/24',
};

export const IPV6: LabAddresses = {
  family: 'IPv6',
  clusterPodCidr: 'fd00:10:244::/56',
  nodePodCidr: 'fd00:10:244:1::/64',
  remotePodCidr: 'fd00:10:244:2::/64',
  serviceCidr: 'fd00:10:96::/112',
  gateway: 'fd00:10:244:1::1',
  podIp: (index) => `fd00:10:244:1::${index + 2}`,
  remotePodIp: 'fd00:10:244:2::9',
  nodeIp: 'fd00:172:30::2',
  outsideIp: 'fd00:172:30::1',
  strangerIp: 'fd00:172:30::9',
  nodeNetworkBits: 64,
  hostBits: 128,
  clusterIp: 'fd00:10:96::707',
  otherClusterIp: 'fd00:10:96::808',
  unusedClusterIp: 'fd00:10:96::2001',
  externalIp: '2001:db8::7',
  loadBalancerIp: '2001:db8::8',
  externalCidr: '2001:db8::/64',
};
