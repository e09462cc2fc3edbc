import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { runCommand } from '#api/command.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { listenDns, type DnsServer } from './server.ts';
import { nameservers, Upstream } from './upstream.ts';

export interface DnsOptions {
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** Blocks whose addresses have names in the cluster only. */
  readonly ownCidrs: readonly string[];
  readonly state: ClusterState;
  readonly synced: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const DNS_PORT = 53;
const FIRST_RETRY = 200;
const LAST_RETRY = 10_000;

/**
 * The cluster's DNS on this node: Pods ask the Service address, which is bound on every node's loopback, so that a question never leaves
 * the node and is answered also while the control plane is away. Tries again until the address can be had.
 */
export function startDns(options: DnsOptions): { stop(): Promise<void> } {
  const log = options.log.child({ component: 'dns' });
  const owned = new BlockList();
  for (const cidr of options.ownCidrs)
    owned.addSubnet(cidr.split('/')[0]!, Number(cidr.split('/')[1]), cidr.includes(':') ? 'ipv6' : 'ipv4');
  // Read at the start: what the container engine gave the node.
  const upstream = new Upstream({ servers: readNameservers(log), clock: options.clock });
  let server: DnsServer | undefined;
  let cancelRetry: (() => void) | undefined;
  let stopped = false;

  const [address = ''] = options.clusterDns;
  const listen = async (retry: number): Promise<void> => {
    try {
      await runCommand('ip', ['addr', 'replace', `${address}/32`, 'dev', 'lo']);
      server = await listenDns({
        host: address,
        port: DNS_PORT,
        upstream,
        log,
        zone: {
          state: options.state,
          synced: options.synced,
          domain: options.clusterDomain.toLowerCase(),
          ownsAddress: (ip) => owned.check(ip),
        },
      });
      if (stopped) await server.close();
      else log.info({ address }, 'DNS answers');
    } catch (err) {
      log.error({ err, retryIn: retry }, 'cannot serve DNS');
      if (!stopped)
        cancelRetry = options.clock.after(retry, () => void listen(Math.min(retry * 2, LAST_RETRY)));
    }
  };
  const first = listen(FIRST_RETRY);
  return {
    async stop() {
      stopped = true;
      cancelRetry?.();
      await first;
      await server?.close();
    },
  };
}

function readNameservers(log: Logger): string[] {
  try {
    return nameservers(readFileSync('/etc/resolv.conf', 'utf8'));
  } catch (err) {
    log.warn({ err }, 'no /etc/resolv.conf: names outside the cluster are not resolved');
    return [];
  }
}
