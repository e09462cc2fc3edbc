/** Everything that nftables mode owns in a node's network namespace: one table, `nft list table ip podlab-proxy`. */
export const TABLE = 'podlab-proxy';

/** `address . protocol . port` to the chain of a Service's port: ClusterIPs, external and LoadBalancer addresses. */
export const SERVICE_IPS = 'service-ips';
/** `protocol . port` to the chain of a Service's port, for packets to the node's own addresses. */
export const SERVICE_NODEPORTS = 'service-nodeports';
/** Where there is nobody to send to. */
export const NO_ENDPOINT_SERVICES = 'no-endpoint-services';
export const NO_ENDPOINT_NODEPORTS = 'no-endpoint-nodeports';
export type VerdictMap =
  | typeof SERVICE_IPS
  | typeof SERVICE_NODEPORTS
  | typeof NO_ENDPOINT_SERVICES
  | typeof NO_ENDPOINT_NODEPORTS;

export const MARK_CHAIN = 'mark-for-masquerade';
export const REJECT_CHAIN = 'reject-chain';
/** The packet's mark that asks for the node's address as source; kube-proxy's bit. */
export const MASQUERADE_MARK = '0x4000';

/** nft's limit is 128 characters. */
export const NAME_LIMIT = 120;
