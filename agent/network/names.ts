import type { IpFamily } from '#api/ip.ts';

/** Everything that the Pod network owns in a node's network namespace. Names are the only memory that it has. */

/** `veth` and the start of the sandbox's id: 15 characters, the most that Linux allows. */
export const VETH_PREFIX = 'veth';
export const VETH_ID_LENGTH = 11;
/** A veth's alias, `podlab-pod 10.244.1.5,fd00:10:244:1::5 SANDBOX-ID`: what a restarted agent rebuilds its addresses from. */
export const VETH_ALIAS = 'podlab-pod';
/** Inside a Pod. */
export const POD_INTERFACE = 'eth0';
/** The routing protocol number of our routes, so that others' routes are left alone (`ip route show proto 79`). */
export const ROUTE_PROTOCOL = 79;
/** Weaker than the route that a proxier without netfilter puts over it. */
export const SERVICE_ROUTE_METRIC = 1024;
/** The VXLAN device to nodes elsewhere, and what it speaks: Linux' own port, which flannel has too. */
export const TUNNEL = 'podlab.vxlan';
export const TUNNEL_ID = 1;
export const TUNNEL_PORT = 8472;
export const HOST_PORT_TABLE = 'podlab-host-ports';
export const NFT_TABLE = 'podlab-network';
/** Pod and node addresses: what Pods reach with their own address as source. */
export const clusterSet = (family: IpFamily): string => `cluster-addresses-${family.toLowerCase()}`;
