import type { IpFamily } from '#api/ip.ts';
import { BRIDGE } from '#api/names.ts';
import type { FamilyNetwork } from './families.ts';
import { clusterSet, NFT_TABLE } from './names.ts';

/**
 * The nft text that makes the table, and makes its rules anew when it is there; addresses that the sets hold stay. What leaves the cluster
 * takes the node's address; Pods and nodes see a Pod's own.
 *
 * Redirects are kept in: the node forwards between Pods of one bridge on purpose (see `podSideLines`), and a Pod that believed a redirect
 * would go around the node.
 */
export const networkTable = (networks: readonly FamilyNetwork[]): string => `
table inet ${NFT_TABLE} {
  comment "Pod network: Pods leave the cluster with their node's address";
${networks.map(setOf).join('\n')}
  chain postrouting {
    type nat hook postrouting priority srcnat;
  }
  chain output {
    type filter hook output priority filter;
  }
  chain input {
    comment "As the kubelet's KUBE-FIREWALL: localhost, which may be routed for NodePorts, is not for neighbours";
    type filter hook input priority filter;
  }
}
flush chain inet ${NFT_TABLE} postrouting
flush chain inet ${NFT_TABLE} output
flush chain inet ${NFT_TABLE} input
table inet ${NFT_TABLE} {
  chain postrouting {
${networks.map(masqueradeOf).join('\n')}
  }
  chain output {
    icmp type redirect oifname "${BRIDGE}" drop;
    icmpv6 type nd-redirect oifname "${BRIDGE}" drop;
  }
  chain input {
    iifname != "lo" ip daddr 127.0.0.0/8 ct state != { established, related } ct status & dnat == 0 drop;
  }
}
`;

const setOf = ({ family, clusterPodCidr }: FamilyNetwork): string => `  set ${clusterSet(family)} {
    type ${family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr'}; flags interval; auto-merge;
    comment "Pods and nodes: reached with the Pod's own address";
    elements = { ${clusterPodCidr} }
  }`;

/** Also of Pods of other nodes: one may be the way for nodes elsewhere to what is in its network. */
function masqueradeOf({ family, clusterPodCidr }: FamilyNetwork): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  return `    ${ip} saddr ${clusterPodCidr} oifname != "${BRIDGE}" ${ip} daddr != @${clusterSet(family)} masquerade;`;
}

/** Replaces a set's elements in one transaction. */
export const clusterAddressesUpdate = (family: IpFamily, addresses: readonly string[]): string => `
flush set inet ${NFT_TABLE} ${clusterSet(family)}
add element inet ${NFT_TABLE} ${clusterSet(family)} { ${addresses.join(', ')} }
`;
