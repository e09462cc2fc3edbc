import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';
import { UPLINK } from '#api/names.ts';

/** Marks the addresses that are ours to remove (`ip addr show label eth0:lb`). */
const LABEL = `${UPLINK}:lb`;
/** Answers that were sent before the address moved may be on their way still, hence a second announcement. */
const ANNOUNCEMENTS = '2';

/** Makes the node hold exactly these LoadBalancer addresses, and tells the neighbours of those that are new here. */
export async function holdAddresses(wanted: readonly string[], log: Logger): Promise<void> {
  const held = await heldAddresses();
  const gone = held.filter((ip) => !wanted.includes(ip));
  const added = wanted.filter((ip) => !held.includes(ip));
  const lines = [
    ...gone.map((ip) => `addr del ${ip}/32 dev ${UPLINK} label ${LABEL}`),
    ...added.map((ip) => `addr add ${ip}/32 dev ${UPLINK} label ${LABEL}`),
  ];
  if (lines.length === 0) return;
  await runCommand('ip', ['-batch', '-'], lines.join('\n'));
  log.info({ added, gone }, 'LoadBalancer addresses moved');
  for (const ip of added) announce(ip, log);
}

interface ShownAddress {
  readonly addr_info?: readonly { readonly local?: string; readonly label?: string }[];
}

async function heldAddresses(): Promise<string[]> {
  const shown = JSON.parse(
    await runCommand('ip', ['-json', '-4', 'addr', 'show', 'dev', UPLINK]),
  ) as ShownAddress[];
  return shown.flatMap(({ addr_info: addresses = [] }) =>
    addresses.flatMap(({ local, label }) => (label === LABEL && local !== undefined ? [local] : [])),
  );
}

/** Neighbours that hear nothing ask by themselves before long, so that a failure here is only reported. */
function announce(ip: string, log: Logger): void {
  runCommand('arping', ['-U', '-c', ANNOUNCEMENTS, '-I', UPLINK, ip]).catch((err: unknown) =>
    log.warn({ err, ip }, 'cannot announce a LoadBalancer address'),
  );
}
