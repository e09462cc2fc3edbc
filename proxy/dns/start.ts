import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { runCommand } from '#api/command.ts';
import { familyOf } from '#api/ip.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { Zone } from './answer.ts';
import { listenDns, type DnsServer } from './server.ts';
import { nameservers, Upstream } from './upstream.ts';
import { ZoneIndex } from './zone-index.ts';

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
 * The cluster's DNS on this node: Pods ask the Service address of their family, which is bound on every node's loopback, so that a question never
 * leaves the node and is answered also while the control plane is away. Tries again until the addresses can be had.
 */
export function startDns(options: DnsOptions): { stop(): Promise<void> } {
  const log = options.log.child({ component: 'dns' });
  const owned = new BlockList();
  for (const cidr of options.ownCidrs)
    owned.addSubnet(cidr.split('/')[0]!, Number(cidr.split('/')[1]), blockFamily(cidr));
  // Read at the start: what the container engine gave the node. A server that asks itself would never come to an end.
  const servers = readNameservers(log).filter((ip) => !owned.check(ip, blockFamily(ip)));
  const upstream = new Upstream({ servers, clock: options.clock });
  const zone: Zone = {
    state: options.state,
    index: new ZoneIndex(options.state),
    synced: options.synced,
    domain: options.clusterDomain.toLowerCase(),
    serverIps: options.clusterDns,
    ownsAddress: (ip) => owned.check(ip, blockFamily(ip)),
  };
  const listeners = options.clusterDns.map((host) =>
    keepListening(host, options.clock, log, () => listenDns({ host, port: DNS_PORT, upstream, log, zone })),
  );
  return {
    async stop() {
      await Promise.all(listeners.map((one) => one.stop()));
    },
  };
}

const blockFamily = (text: string): 'ipv4' | 'ipv6' => (text.includes(':') ? 'ipv6' : 'ipv4');

function keepListening(
  address: string,
  clock: Clock,
  log: Logger,
  listenOnce: () => Promise<DnsServer>,
): { stop(): Promise<void> } {
  let server: DnsServer | undefined;
  let cancelRetry: (() => void) | undefined;
  let stopped = false;
  const prefix = familyOf(address) === 'IPv6' ? [`${address}/128`, 'nodad'] : [`${address}/32`];
  const listen = async (retry: number): Promise<void> => {
    try {
      await runCommand('ip', ['addr', 'replace', ...prefix, 'dev', 'lo']);
      server = await listenOnce();
      if (stopped) await server.close();
      else log.info({ address }, 'DNS answers');
    } catch (err) {
      log.error({ err, address, retryIn: retry }, 'cannot serve DNS');
      if (!stopped) cancelRetry = clock.after(retry, () => void listen(Math.min(retry * 2, LAST_RETRY)));
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
