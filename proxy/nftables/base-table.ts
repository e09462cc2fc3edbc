import {
  MARK_CHAIN,
  MASQUERADE_MARK,
  NO_ENDPOINT_NODEPORTS,
  NO_ENDPOINT_SERVICES,
  REJECT_CHAIN,
  SERVICE_IPS,
  SERVICE_NODEPORTS,
  TABLE,
} from './names.ts';

export interface RuleOptions {
  readonly serviceCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  /** Whether the kernel lets packets from 127.0.0.1 leave the node (sysctl route_localnet), so that NodePorts can be there too. */
  readonly localhostNodePorts: boolean;
}

/**
 * The part of the table that no Service changes. A packet's way: `services` picks a Service's port by its destination, whose chain picks an
 * endpoint, whose chain rewrites the destination. What no endpoint took comes to the filter hooks with its destination as it was, and is
 * refused there, so that clients hear of it at once. (Rejecting in prerouting needs Linux 5.9.)
 */
export function baseTable({ serviceCidrs: [serviceCidr = ''], localhostNodePorts }: RuleOptions): string {
  const nodeAddress = `fib daddr type local${localhostNodePorts ? '' : ' ip daddr != 127.0.0.0/8'}`;
  return `
table ip ${TABLE} {
  comment "Services of podlab: rules are made by the node's proxy and rewritten when they are changed by hand";

  map ${SERVICE_IPS} {
    type ipv4_addr . inet_proto . inet_service : verdict;
    comment "ClusterIPs, external and LoadBalancer addresses";
  }
  map ${SERVICE_NODEPORTS} {
    type inet_proto . inet_service : verdict;
    comment "NodePorts, on every address of the node";
  }
  map ${NO_ENDPOINT_SERVICES} {
    type ipv4_addr . inet_proto . inet_service : verdict;
    comment "Services that nobody serves: refused at once";
  }
  map ${NO_ENDPOINT_NODEPORTS} {
    type inet_proto . inet_service : verdict;
    comment "NodePorts that nobody serves: refused at once";
  }

  chain nat-prerouting {
    type nat hook prerouting priority dstnat;
    jump services;
  }
  chain nat-output {
    type nat hook output priority -100;
    jump services;
  }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat;
    jump masquerading;
  }
  chain filter-prerouting {
    comment "Refused before routing: on its way back to the bridge a packet would first cost an ICMP redirect, and silence the refusal";
    type filter hook prerouting priority -90;
    ct state new jump no-endpoints-check;
    ct state new jump cluster-ips-check;
  }
  chain filter-output {
    type filter hook output priority -90;
    ct state new jump no-endpoints-check;
    ct state new jump cluster-ips-check;
  }

  chain services {
    ip daddr . meta l4proto . th dport vmap @${SERVICE_IPS};
    ${nodeAddress} meta l4proto . th dport vmap @${SERVICE_NODEPORTS};
  }
  chain no-endpoints-check {
    ip daddr . meta l4proto . th dport vmap @${NO_ENDPOINT_SERVICES};
    fib daddr type local meta l4proto . th dport vmap @${NO_ENDPOINT_NODEPORTS};
  }
  chain cluster-ips-check {
    comment "Service addresses that are not in use, or not on this port";
    fib daddr type != local ip daddr ${serviceCidr} goto ${REJECT_CHAIN};
  }
  chain ${REJECT_CHAIN} {
    meta l4proto tcp reject with tcp reset;
    reject with icmp port-unreachable;
  }
  chain ${MARK_CHAIN} {
    meta mark set meta mark or ${MASQUERADE_MARK};
  }
  chain masquerading {
    comment "Traffic that has to come back through this node";
    meta mark and ${MASQUERADE_MARK} == 0 return;
    meta mark set meta mark xor ${MASQUERADE_MARK};
    masquerade fully-random;
  }
}
`;
}
