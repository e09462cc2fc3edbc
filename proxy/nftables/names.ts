import type { IpFamily } from '#api/ip.ts';

/**
 * Everything that nftables mode owns in a node's network namespace: a table of this name for each IP family that the cluster has, `nft list
 * table ip podlab-proxy` and `nft list table ip6 podlab-proxy`. Both have the same layout.
 */
export const TABLE = 'podlab-proxy';

/** `address . protocol . port` to the chain of a Service's port: ClusterIPs, external and LoadBalancer addresses. */
export const SERVICE_IPS = 'service-ips';
/** `protocol . port` to the chain of a Service's port, for packets to the node's own addresses. */
export const SERVICE_NODEPORTS = 'service-nodeports';
/** LoadBalancer addresses that not everybody may use. */
export const FIREWALL_IPS = 'firewall-ips';
/** Where there is nobody to send to. */
export const NO_ENDPOINT_SERVICES = 'no-endpoint-services';
export const NO_ENDPOINT_NODEPORTS = 'no-endpoint-nodeports';
export type VerdictMap =
  | typeof SERVICE_IPS
  | typeof SERVICE_NODEPORTS
  | typeof FIREWALL_IPS
  | typeof NO_ENDPOINT_SERVICES
  | typeof NO_ENDPOINT_NODEPORTS;

/** `address . address` of each endpoint that may reach itself through its Service. */
export const HAIRPIN_SET = 'hairpin';
/** Sets of clients by endpoint begin with this. */
export const AFFINITY_PREFIX = 'affinity-';

export const MARK_CHAIN = 'mark-for-masquerade';
export const REJECT_CHAIN = 'reject-chain';
/** The packet's mark that asks for the node's address as source; kube-proxy's bit. */
export const MASQUERADE_MARK = '0x4000';

/** Well below nft's limit of 255 characters, and readable. */
export const NAME_LIMIT = 120;
/** nft's limit is 128 bytes with the one that ends it. */
export const COMMENT_LIMIT = 127;

/** The words of one IP family in nft's language. */
export interface NftFamily {
  readonly family: IpFamily;
  /** Of tables, and of what is matched in packets' headers. */
  readonly ip: 'ip' | 'ip6';
  readonly table: string;
  readonly addressType: 'ipv4_addr' | 'ipv6_addr';
  readonly icmp: 'icmp' | 'icmpv6';
  readonly loopback: string;
}

export const NFT_FAMILIES: Readonly<Record<IpFamily, NftFamily>> = {
  IPv4: {
    family: 'IPv4',
    ip: 'ip',
    table: `ip ${TABLE}`,
    addressType: 'ipv4_addr',
    icmp: 'icmp',
    loopback: '127.0.0.0/8',
  },
  IPv6: {
    family: 'IPv6',
    ip: 'ip6',
    table: `ip6 ${TABLE}`,
    addressType: 'ipv6_addr',
    icmp: 'icmpv6',
    loopback: '::1',
  },
};
