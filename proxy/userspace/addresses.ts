import { runCommand } from '#api/command.ts';
import { ADDRESS_LABEL, ROUTE_PROTOCOL } from './names.ts';

interface ShownAddress {
  readonly addr_info?: readonly { readonly local?: string; readonly label?: string }[];
}

/** The Service addresses that are bound on the node's loopback device. */
export async function boundAddresses(): Promise<string[]> {
  const text = await runCommand('ip', ['-json', '-4', 'addr', 'show', 'dev', 'lo']);
  return (JSON.parse(text) as ShownAddress[]).flatMap(({ addr_info: addresses = [] }) =>
    addresses.flatMap(({ local, label }) => (label === ADDRESS_LABEL && local !== undefined ? [local] : [])),
  );
}

/** Binds and unbinds addresses, in one call. */
export async function changeAddresses(added: readonly string[], removed: readonly string[]): Promise<void> {
  const lines = [
    ...added.map((ip) => `addr add ${ip}/32 dev lo label ${ADDRESS_LABEL}`),
    ...removed.map((ip) => `addr del ${ip}/32 dev lo label ${ADDRESS_LABEL}`),
  ];
  if (lines.length > 0) await runCommand('ip', ['-batch', '-'], lines.join('\n'));
}

/**
 * Has the kernel refuse Service addresses that are bound nowhere. It is stronger than the route that the Pod network has for them, by which
 * they would be looked for on the bridge for seconds.
 */
export async function refuseOthers(serviceCidr: string): Promise<void> {
  await runCommand('ip', ['route', 'replace', 'unreachable', serviceCidr, 'proto', `${ROUTE_PROTOCOL}`]);
}

export async function stopRefusing(): Promise<void> {
  await runCommand('ip', ['route', 'flush', 'proto', `${ROUTE_PROTOCOL}`]);
}
