import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';
import { familyOf } from '#api/ip.ts';
import { UPLINK } from '#api/names.ts';
import { advertiseIpv6 } from './advertise-ipv6.ts';

/** Marks the IPv4 addresses that are ours to remove (`ip addr show label eth0:lb`). */
const LABEL = `${UPLINK}:lb`;
/** Answers that were sent before the address moved may be on their way still, hence a second announcement. */
const ANNOUNCEMENTS = '2';
/** Processes that announce at a time: each runs for a second, and a node may take over hundreds of addresses. */
const AT_ONCE = 16;

/**
 * Makes the node hold exactly these LoadBalancer addresses, and tells the neighbours of those that are new here, or with `announceAll` of all:
 * another node may have held them as well.
 */
export async function holdAddresses(
  wanted: readonly string[],
  announceAll: boolean,
  log: Logger,
): Promise<void> {
  const [uplink] = JSON.parse(await runCommand('ip', ['-json', 'addr', 'show', 'dev', UPLINK])) as [Uplink];
  const held = heldAddresses(uplink);
  const { gone, added, lines } = planAddresses(held, wanted);
  if (lines.length > 0) {
    await runCommand('ip', ['-batch', '-'], lines.join('\n'));
    log.info({ added, gone }, 'LoadBalancer addresses moved');
  }
  announce(uplink, announceAll ? wanted : added, log);
}

/** As `ip -json addr show` tells of it. */
export interface Uplink {
  readonly ifindex: number;
  readonly address: string;
  readonly addr_info?: readonly {
    readonly family?: string;
    readonly local?: string;
    readonly prefixlen?: number;
    readonly label?: string;
    readonly deprecated?: boolean;
  }[];
}

/** Those of its addresses that are ours. IPv6 ones have no label, but no other is alone in its range and deprecated. */
export const heldAddresses = ({ addr_info: addresses = [] }: Pick<Uplink, 'addr_info'>): string[] =>
  addresses.flatMap(({ family, local, prefixlen, label, deprecated }) => {
    const ours = family === 'inet6' ? prefixlen === 128 && deprecated === true : label === LABEL;
    return ours && local !== undefined ? [local] : [];
  });

/** The `ip -batch` lines that lead from `held` to `wanted`. */
export function planAddresses(
  held: readonly string[],
  wanted: readonly string[],
): { gone: string[]; added: string[]; lines: string[] } {
  const gone = held.filter((ip) => !wanted.includes(ip));
  const added = wanted.filter((ip) => !held.includes(ip));
  return { gone, added, lines: [...gone.map(removal), ...added.map(addition)] };
}

const removal = (ip: string): string =>
  familyOf(ip) === 'IPv6'
    ? `addr del ${ip}/128 dev ${UPLINK}`
    : `addr del ${ip}/32 dev ${UPLINK} label ${LABEL}`;

/** Without duplicate address detection: a frozen node would answer. Deprecated, so that it is never a connection's source address. */
const addition = (ip: string): string =>
  familyOf(ip) === 'IPv6'
    ? `addr add ${ip}/128 dev ${UPLINK} nodad preferred_lft 0`
    : `addr add ${ip}/32 dev ${UPLINK} label ${LABEL}`;

/** Neighbours that hear nothing ask by themselves before long, so that a failure here is only reported. */
function announce({ ifindex, address }: Uplink, ips: readonly string[], log: Logger): void {
  const warn = (err: unknown): void => log.warn({ err, ips }, 'cannot announce LoadBalancer addresses');
  const ipv6 = ips.filter((ip) => familyOf(ip) === 'IPv6');
  if (ipv6.length > 0) advertiseIpv6(ifindex, address, ipv6).catch(warn);
  const left = ips.filter((ip) => familyOf(ip) === 'IPv4');
  const announceRest = async (): Promise<void> => {
    for (let ip = left.shift(); ip !== undefined; ip = left.shift())
      await runCommand('arping', ['-U', '-c', ANNOUNCEMENTS, '-I', UPLINK, ip]).catch(warn);
  };
  for (let started = Math.min(AT_ONCE, left.length); started > 0; started--) void announceRest();
}
