import { readFile } from 'node:fs/promises';
import type { Clock } from '#api/clock.ts';

/** How long a container that listens on none of its ports is waited for, and how often it is looked at, in milliseconds. */
const LIMIT = 1000;
const LOOK_EVERY = 10;

/** Whether a process listens on all of these TCP ports, in its own network namespace. */
export type ServingCheck = (pid: number, ports: readonly number[]) => Promise<boolean>;

/** Reads it from the kernel, so that the process notices nothing. Where the kernel does not say, it is taken to listen. */
export const listensOn: ServingCheck = async (pid, ports) => {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => undefined)),
  );
  if (tables.every((table) => table === undefined)) return true;
  const open = new Set(tables.flatMap((table) => listeningPorts(table ?? '')));
  return ports.every((port) => open.has(port));
};

/** The local ports of sockets in the state LISTEN (`0A`) in a table such as `/proc/net/tcp`. */
export const listeningPorts = (table: string): number[] =>
  [...table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)].map((match) =>
    Number.parseInt(match[1]!, 16),
  );

/** Calls `onServing` as soon as `serves` says so, or after a second. The returned function calls it off. */
export function awaitServing(
  clock: Clock,
  serves: () => Promise<boolean>,
  onServing: () => void,
): () => void {
  const end = clock.now() + LIMIT;
  let stopped = false;
  let cancel: (() => void) | undefined;
  const look = async (): Promise<void> => {
    const serving = clock.now() >= end || (await serves());
    if (stopped) return;
    if (serving) onServing();
    else cancel = clock.after(LOOK_EVERY, () => void look());
  };
  void look();
  return () => {
    stopped = true;
    cancel?.();
  };
}
