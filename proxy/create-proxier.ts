import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { createNftablesProxier } from './nftables/nftables-proxier.ts';
import type { Proxier, ProxyMode } from './proxier.ts';
import type { ServicePort } from './service-port.ts';
import type { AccessLog } from './userspace/access-log.ts';
import { createUserspaceProxier } from './userspace/userspace-proxier.ts';

export interface ProxierOptions {
  readonly nodeIps: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  /** Hears that somebody else changed what the proxier made, so that a `sync` is needed. */
  readonly lost: () => void;
  /** Where userspace mode writes what it carried. */
  readonly access?: AccessLog;
  /** Told once of each Service's port that the mode cannot carry. */
  readonly unsupported?: (service: ServicePort, why: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What carries Services in this mode, on the node whose network namespace the process is in. */
export function createProxier(mode: ProxyMode, options: ProxierOptions): Proxier {
  const { log, clock, serviceCidrs, clusterPodCidrs, nodeIps, lost } = options;
  if (mode === 'userspace') return createUserspaceProxier(options);
  return createNftablesProxier({
    log,
    clock,
    serviceCidrs,
    clusterPodCidrs,
    nodeIps,
    localhostNodePorts: routesLocalnet(),
    lost,
  });
}

/** Whether the kernel lets packets from 127.0.0.1 be sent elsewhere; node containers set it by a sysctl of Compose. */
function routesLocalnet(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
