import { familyOf, type IpFamily } from '#api/ip.ts';
import type { HostPort } from './plan.ts';

/** The tables that a publisher's network namespace has, one in each family. */
const TABLE = 'podlab-publish';

/** The nft text that sends what comes to the published ports to where they lead. */
export const forwardTables = (ports: readonly HostPort[]): string =>
  (['IPv4', 'IPv6'] as const).map((family) => forwardTable(ports, family)).join('');

function forwardTable(ports: readonly HostPort[], family: IpFamily): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const rules = ports.flatMap(({ protocol, port, targets }) =>
    targets
      .filter((target) => familyOf(target.ip) === family)
      .map((target) => {
        const address = family === 'IPv4' ? target.ip : `[${target.ip}]`;
        return `    ${protocol} dport ${port} dnat to ${address}:${target.port};\n`;
      }),
  );
  return `
add table ${ip} ${TABLE}
delete table ${ip} ${TABLE}
${rules.length === 0 ? '' : tableWith(ip, rules.join(''))}`;
}

const tableWith = (ip: string, rules: string): string => `table ${ip} ${TABLE} {
  chain prerouting {
    type nat hook prerouting priority dstnat;
${rules}  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ct status dnat masquerade;
  }
}
`;
