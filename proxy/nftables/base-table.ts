import { familyOf, type IpFamily } from '#api/ip.ts';
import {
  FIREWALL_IPS,
  HAIRPIN_SET,
  MARK_CHAIN,
  MASQUERADE_MARK,
  NFT_FAMILIES,
  NO_ENDPOINT_NODEPORTS,
  NO_ENDPOINT_SERVICES,
  REJECT_CHAIN,
  SERVICE_IPS,
  SERVICE_NODEPORTS,
} from './names.ts';

/** What the rules of one IP family depend on besides Services. */
export interface RuleOptions {
  readonly family: IpFamily;
  readonly serviceCidr: string;
  readonly clusterPodCidr: string;
  /** The node's address; undefined: it is not known, or there is none of this family. */
  readonly nodeIp: string | undefined;
  /** Whether the kernel lets packets from 127.0.0.1 leave the node (sysctl route_localnet), so that NodePorts can be there too. IPv6 has no such thing. */
  readonly localhostNodePorts: boolean;
}

export interface NetworkOptions {
  /** One of each IP family that the cluster has; the same for the other lists. */
  readonly serviceCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  readonly nodeIps: readonly string[];
  readonly localhostNodePorts: boolean;
}

/** A family that the cluster does not have gets no table. */
export const ruleOptions = (network: NetworkOptions): RuleOptions[] =>
  network.serviceCidrs.map((serviceCidr) => {
    const family = rangeFamily(serviceCidr);
    return {
      family,
      serviceCidr,
      clusterPodCidr: network.clusterPodCidrs.find((range) => rangeFamily(range) === family) ?? serviceCidr,
      nodeIp: network.nodeIps.find((ip) => familyOf(ip) === family),
      localhostNodePorts: network.localhostNodePorts,
    };
  });

const rangeFamily = (range: string): IpFamily => familyOf(range.split('/')[0] ?? '') ?? 'IPv4';

/**
 * The part of the table that no Service changes. A packet's way: `firewall-check` drops who may not use a LoadBalancer's address; `services`
 * picks a Service's port by its destination, whose chain picks an endpoint and rewrites the destination. What no endpoint took comes to
 * `refusals` with its destination as it was, and is refused there, so that clients hear of it at once. (Rejecting in prerouting needs Linux
 * 5.9.) The nat hooks see the first packet of a connection alone; the filter hooks cost each further packet the one look at its state.
 */
export function baseTable({ family, serviceCidr, localhostNodePorts }: RuleOptions): string {
  const { ip, table, addressType, icmp, loopback } = NFT_FAMILIES[family];
  const destination = `${ip} daddr . meta l4proto . th dport`;
  const localhost = family === 'IPv4' && localhostNodePorts;
  return `
table ${table} {
  comment "Services of podlab: rules are made by the node's proxy and rewritten when they are changed by hand";

  map ${SERVICE_IPS} {
    type ${addressType} . inet_proto . inet_service : verdict;
    comment "ClusterIPs, external and LoadBalancer addresses";
  }
  map ${SERVICE_NODEPORTS} {
    type inet_proto . inet_service : verdict;
    comment "NodePorts, on every address of the node";
  }
  map ${FIREWALL_IPS} {
    type ${addressType} . inet_proto . inet_service : verdict;
    comment "LoadBalancer addresses with loadBalancerSourceRanges";
  }
  map ${NO_ENDPOINT_SERVICES} {
    type ${addressType} . inet_proto . inet_service : verdict;
    comment "Services that nobody serves: refused at once";
  }
  map ${NO_ENDPOINT_NODEPORTS} {
    type inet_proto . inet_service : verdict;
    comment "NodePorts that nobody serves: refused at once";
  }
  set ${HAIRPIN_SET} {
    type ${addressType} . ${addressType};
    comment "Endpoints of this node, and of none, from and to themselves: a Pod does not answer its own address";
  }

  chain firewall-prerouting {
    type filter hook prerouting priority -110;
    ct state new jump firewall-check;
  }
  chain firewall-output {
    type filter hook output priority -110;
    ct state new jump firewall-check;
  }
  chain nat-prerouting {
    type nat hook prerouting priority dstnat;
    jump services;
  }
  chain nat-output {
    type nat hook output priority -100;
    jump services;
  }
  chain filter-prerouting {
    comment "Refused before routing: on its way back to the bridge a packet would first cost an ICMP redirect, and silence the refusal";
    type filter hook prerouting priority -90;
    ct state new jump refusals;
  }
  chain filter-output {
    type filter hook output priority -90;
    ct state new jump refusals;
  }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat;
    jump masquerading;
  }

  chain firewall-check {
    ${destination} vmap @${FIREWALL_IPS};
  }
  chain services {
    ${destination} vmap @${SERVICE_IPS};
    fib daddr type local${localhost ? '' : ` ${ip} daddr != ${loopback}`} meta l4proto . th dport vmap @${SERVICE_NODEPORTS};
  }
  chain refusals {
    ${destination} vmap @${NO_ENDPOINT_SERVICES};
    fib daddr type local meta l4proto . th dport vmap @${NO_ENDPOINT_NODEPORTS};
    ${ip} daddr ${serviceCidr} fib daddr type != local goto ${REJECT_CHAIN} comment "Service addresses that are not in use, or not on this port";
  }
  chain ${REJECT_CHAIN} {
    meta l4proto tcp reject with tcp reset;
    reject with ${icmp} port-unreachable;
  }
  chain ${MARK_CHAIN} {
    meta mark set meta mark or ${MASQUERADE_MARK};
  }
  chain masquerading {
    comment "Traffic that has to come back through this node";
    ${ip} saddr . ${ip} daddr @${HAIRPIN_SET} masquerade fully-random;
    meta mark and ${MASQUERADE_MARK} == 0 return;
    meta mark set meta mark xor ${MASQUERADE_MARK};
    masquerade fully-random;
  }
}
`;
}
