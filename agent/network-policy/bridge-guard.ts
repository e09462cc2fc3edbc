import { TABLE } from './names.ts';

/**
 * Pods of one node reach each other through the node (each address is a /32 or /128), where they are judged; by their link-local IPv6
 * addresses they would reach each other over the bridge alone. Whatever of this is under way to the node itself (neighbour discovery) is
 * not forwarded by the bridge, and passes. A table of its own family, because a kernel without it must enforce the rest.
 */
export const BRIDGE_GUARD = `
add table bridge ${TABLE}
delete table bridge ${TABLE}
table bridge ${TABLE} {
  comment "Pods under NetworkPolicies: not around the node by link-local addresses";
  chain forward {
    type filter hook forward priority filter; policy accept;
    ip6 daddr fe80::/10 counter drop;
  }
}
`;

export const REMOVE_BRIDGE_GUARD = `add table bridge ${TABLE}\ndelete table bridge ${TABLE}\n`;
