import type { Logger } from 'pino';
import { runCommand } from '#api/command.ts';

/**
 * Seconds that the kernel remembers a TCP connection in this state without a packet (kube-proxy's defaults). Its own minute for half-closed ones
 * would lose the endpoint of a client that has sent all and waits.
 */
const TIMEOUTS = { established: 86_400, close_wait: 3_600 } as const;

/** A container's `/proc/sys` is a read-only mount; in a mount namespace of its own it can be written to, and nothing else of the node changes. */
const SCRIPT = [
  'mountpoint -q /proc/sys && mount -o remount,rw,bind /proc/sys',
  'set -e',
  ...Object.entries(TIMEOUTS).map(
    ([state, seconds]) => `echo ${seconds} >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_${state}`,
  ),
].join('\n');

/** For the network namespace in which it is run. */
export const TIMEOUTS_COMMAND = ['unshare', '--mount', 'sh', '-c', SCRIPT] as const;

/**
 * Has the kernel remember TCP connections to Services as long as kube-proxy has it, in the network namespace of this process. Where that is not
 * allowed it says so and the kernel's own times stay.
 */
export async function setConntrackTimeouts(log: Logger): Promise<void> {
  try {
    const [program, ...args] = TIMEOUTS_COMMAND;
    await runCommand(program, args);
  } catch (err) {
    log.warn({ err }, "TCP connections are remembered as long as is the kernel's custom, not Kubernetes'");
  }
}
