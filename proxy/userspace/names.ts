/** Everything that userspace mode owns in a node's network namespace, beside the sockets of its process. */

/** Names the IPv4 addresses on the loopback device that are ours (`ip addr show label lo:svc`); IPv6 addresses have no labels. */
export const ADDRESS_LABEL = 'lo:svc';
/** Marks the addresses of both families that are ours to remove. */
export const ADDRESS_METRIC = 80;
/** The routing protocol number of our routes (`ip route show table local proto 80`). */
export const ROUTE_PROTOCOL = 80;
