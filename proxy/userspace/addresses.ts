import { runCommand } from '#api/command.ts';
import { familyOf } from '#api/ip.ts';
import { ADDRESS_LABEL, ADDRESS_METRIC, ROUTE_PROTOCOL } from './names.ts';

interface ShownAddress {
  readonly addr_info?: readonly { readonly local?: string; readonly metric?: number }[];
}

/** The Service addresses of both families that are bound on the node's loopback device. */
export async function boundAddresses(): Promise<string[]> {
  const text = await runCommand('ip', ['-json', 'addr', 'show', 'dev', 'lo']);
  return (JSON.parse(text) as ShownAddress[]).flatMap(({ addr_info: addresses = [] }) =>
    addresses.flatMap(({ local, metric }) =>
      metric === ADDRESS_METRIC && local !== undefined ? [local] : [],
    ),
  );
}

/** Binds and unbinds addresses, in one call however many they are. */
export async function changeAddresses(added: readonly string[], removed: readonly string[]): Promise<void> {
  const lines = [
    ...added.map((ip) => `addr replace ${described(ip)} metric ${ADDRESS_METRIC}`),
    ...removed.map((ip) => `addr del ${described(ip)}`),
  ];
  if (lines.length > 0) await runCommand('ip', ['-batch', '-'], lines.join('\n'));
}

/** An IPv6 address that waited to be known as nobody else's could not be listened on at once. */
const described = (ip: string): string =>
  familyOf(ip) === 'IPv6' ? `${ip}/128 dev lo nodad` : `${ip}/32 dev lo label ${ADDRESS_LABEL}`;

/**
 * Has the kernel refuse Service addresses that are bound nowhere, as it does ports on which nobody listens: TCP by a reset, UDP by ICMP. It is
 * stronger than the route that the Pod network has for them, by which they would be looked for on the bridge for seconds.
 */
export async function refuseOthers(serviceCidrs: readonly string[]): Promise<void> {
  const lines = serviceCidrs.map((cidr) => `route replace local ${cidr} dev lo proto ${ROUTE_PROTOCOL}`);
  await runCommand('ip', ['-batch', '-'], lines.join('\n'));
}

export async function stopRefusing(): Promise<void> {
  const flush = ['route', 'flush', 'table', 'local', 'proto', `${ROUTE_PROTOCOL}`];
  await runCommand('ip', ['-4', ...flush]);
  // IPv6 may be switched off.
  await runCommand('ip', ['-6', ...flush]).catch(() => {});
}
