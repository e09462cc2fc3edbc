/** Everything that userspace mode owns in a node's network namespace, beside the sockets of its process. */

/** Marks the addresses on the loopback device that are ours to remove (`ip addr show label lo:svc`). */
export const ADDRESS_LABEL = 'lo:svc';
/** The routing protocol number of our route (`ip route show proto 80`). */
export const ROUTE_PROTOCOL = 80;
