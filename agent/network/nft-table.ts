import { BRIDGE } from '#api/names.ts';
import { NFT_CLUSTER_SET, NFT_TABLE } from './names.ts';

/**
 * The nft text that makes the table, and makes its rules anew when it is there; addresses that the set holds stay. What leaves the cluster
 * takes the node's address; Pods and nodes see a Pod's own.
 *
 * Redirects are kept in: the node forwards between Pods of one bridge on purpose (see `podSideLines`), and a Pod that believed a redirect
 * would go around the node.
 */
export const networkTable = (podCidr: string, clusterPodCidr: string): string => `
table ip ${NFT_TABLE} {
  comment "Pod network: Pods leave the cluster with their node's address";
  set ${NFT_CLUSTER_SET} {
    type ipv4_addr; flags interval; auto-merge;
    comment "Pods and nodes: reached with the Pod's own address";
    elements = { ${clusterPodCidr} }
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
  }
  chain output {
    type filter hook output priority filter;
  }
}
flush chain ip ${NFT_TABLE} postrouting
flush chain ip ${NFT_TABLE} output
table ip ${NFT_TABLE} {
  chain postrouting {
    ip saddr ${podCidr} oifname != "${BRIDGE}" ip daddr != @${NFT_CLUSTER_SET} masquerade;
  }
  chain output {
    icmp type redirect oifname "${BRIDGE}" drop;
  }
}
`;

/** Replaces the set's elements in one transaction. */
export const clusterAddressesUpdate = (addresses: readonly string[]): string => `
flush set ip ${NFT_TABLE} ${NFT_CLUSTER_SET}
add element ip ${NFT_TABLE} ${NFT_CLUSTER_SET} { ${addresses.join(', ')} }
`;
