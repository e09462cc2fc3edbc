/** The one table that a publisher's network namespace has. */
const TABLE = 'podlab-publish';

/** The nft text that sends what comes to the published port to the same port of a node. */
export const forwardTable = (protocol: 'tcp' | 'udp', port: number, nodeIp: string): string => `
add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ${protocol} dport ${port} dnat to ${nodeIp};
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip daddr ${nodeIp} masquerade;
  }
}
`;
