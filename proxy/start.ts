import { readFileSync } from 'node:fs';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import { startDns } from './dns/start.ts';
import { keepEntrances } from './entrances.ts';
import { ProxyHealth } from './health-check/proxy-health.ts';
import { startHealthChecks } from './health-check/start.ts';
import { startIngress } from './ingress/start.ts';
import { createNftablesProxier } from './nftables/nftables-proxier.ts';
import { isProxyMode, MODE_ANNOTATION, type Proxier, type ProxyMode } from './proxier.ts';
import type { PortPublisher } from './publish.ts';
import { Runner } from './runner.ts';
import { ClusterState } from './state/cluster-state.ts';
import { keepState } from './state/state-file.ts';
import { ServiceTracker } from './state/service-tracker.ts';
import { createUserspaceProxier } from './userspace/userspace-proxier.ts';
import { watchCluster } from './state/watch-client.ts';

export interface ProxyOptions {
  /** `host:port` of the control plane's gRPC server. */
  readonly address: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<ChannelCredentials>;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Until the Node's annotation `podlab.io/proxy-mode` says otherwise. */
  readonly mode?: ProxyMode;
  /** One of each IP family that the cluster has, the primary family's first; the same for the ranges. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly serviceCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  /** Publishes NodePorts on the host; absent: they are on the nodes' addresses only. */
  readonly publisher?: PortPublisher;
  readonly recordEvent?: (event: Partial<CoreV1Event>) => void;
  /** Of the beats by which nodes find out about each other, see `beatKey`; absent: only the control plane says which nodes are alive. */
  readonly beatKey?: Buffer;
  /** Where the state is kept for the next process. */
  readonly stateFile: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Proxy {
  /** Resolves when the node carries Services in this mode and nothing of the other is left. */
  setMode(mode: ProxyMode): Promise<void>;
  /** Ends the component; what the kernel holds goes on carrying Services. */
  stop(): Promise<void>;
}

/** How often the rules are looked for, in case that somebody removed them. */
const VERIFY_EVERY = 10_000;

/** Starts the node's proxy and DNS: they need the control plane for news only. */
export function startProxy(options: ProxyOptions): Proxy {
  const log = options.log.child({ component: 'proxy' });
  const state = new ClusterState();
  const tracker = new ServiceTracker(
    state,
    options.nodeName,
    // The DNS answers on every node itself.
    (service) => service.clusterIps.some((ip) => options.clusterDns.includes(ip)),
  );
  const kept = keepState({
    path: options.stateFile,
    state,
    cluster: [...options.serviceCidrs, ...options.clusterPodCidrs, options.clusterDomain].join(' '),
    clock: options.clock,
    log,
  });
  const entrances = keepEntrances({ ...options, log, state });
  const health = new ProxyHealth();
  const checks = startHealthChecks({ ...options, log, state, health });
  const carrier = new ServiceCarrier(options, tracker, log, (mode) => {
    health.updated(options.clock.now());
    entrances.carrying(mode === 'nftables');
  });
  /** Whether the state is one to go by: the control plane's, or that of the process before this one. */
  let synced = kept.restored;
  const ingress = startIngress({ ...options, log: options.log, state });
  const news = (): void => {
    if (!synced) return;
    health.queued(options.clock.now());
    carrier.followAnnotation(state);
    carrier.request();
    entrances.request();
    checks.request();
  };
  state.onChange(news);
  news();
  const watch = watchCluster({
    ...options,
    log,
    state,
    onSynced() {
      synced = true;
      news();
    },
  });
  const dns = startDns({
    ...options,
    log: options.log,
    state,
    synced: () => synced,
    ownCidrs: [...options.serviceCidrs, ...options.clusterPodCidrs],
  });
  return {
    setMode: (mode) => carrier.setMode(mode),
    async stop() {
      watch.stop();
      await kept.stop();
      await dns.stop();
      await checks.stop();
      await ingress.stop();
      await entrances.stop();
      await carrier.stop();
    },
  };
}

/** Has one proxier at a time carry what the tracker tracks. */
class ServiceCarrier {
  readonly #options: ProxyOptions;
  readonly #tracker: ServiceTracker;
  readonly #log: Logger;
  readonly #runner: Runner;
  /** Told after each sync. */
  readonly #carrying: (mode: ProxyMode) => void;
  #defaultMode: ProxyMode;
  #proxier: Proxier | undefined;
  /** To be taken away once the other one carries. */
  #leaving: Proxier | undefined;
  #mode: ProxyMode;
  #waiting: (() => void)[] = [];
  #stopVerifying = (): void => {};

  constructor(
    options: ProxyOptions,
    tracker: ServiceTracker,
    log: Logger,
    carrying: (mode: ProxyMode) => void,
  ) {
    this.#carrying = carrying;
    this.#options = options;
    this.#tracker = tracker;
    this.#log = log;
    this.#defaultMode = options.mode ?? 'nftables';
    this.#mode = this.#defaultMode;
    this.#runner = new Runner({
      clock: options.clock,
      run: () => this.#sync(),
      failed: (err, retryIn) => log.error({ err, retryIn }, 'cannot carry Services'),
    });
    this.#verifyLater();
  }

  request(): void {
    this.#runner.request();
  }

  setMode(mode: ProxyMode): Promise<void> {
    this.#defaultMode = mode;
    this.#mode = mode;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#runner.request();
    });
  }

  /** `kubectl annotate node NAME podlab.io/proxy-mode=userspace` */
  followAnnotation(state: ClusterState): void {
    const wanted = state.nodes.get(this.#options.nodeName)?.annotations[MODE_ANNOTATION];
    if (wanted !== undefined && !isProxyMode(wanted))
      return this.#log.warn({ [MODE_ANNOTATION]: wanted }, 'unknown proxy mode: use nftables or userspace');
    this.#mode = wanted ?? this.#defaultMode;
  }

  async stop(): Promise<void> {
    this.#stopVerifying();
    await this.#runner.stop();
    this.#proxier?.close();
  }

  async #sync(): Promise<void> {
    const started = performance.now();
    const changes = this.#tracker.update();
    if (this.#proxier?.mode === this.#mode) await this.#proxier.sync(this.#tracker.ports);
    else await this.#switch(this.#mode);
    await this.#leaving?.stop();
    this.#leaving = undefined;
    if (this.#proxier !== undefined) this.#carrying(this.#proxier.mode);
    const milliseconds = Math.round((performance.now() - started) * 10) / 10;
    this.#log.debug({ changes: changes.length, services: this.#tracker.ports.size, milliseconds }, 'synced');
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The new one carries before the old one is taken away, so that no connection is refused in between. */
  async #switch(mode: ProxyMode): Promise<void> {
    const previous = this.#proxier;
    const next = this.#create(mode);
    await next.sync(this.#tracker.ports);
    // After a restart of the process the other mode's work may still be on the node.
    this.#leaving = previous ?? this.#create(mode === 'nftables' ? 'userspace' : 'nftables');
    this.#proxier = next;
    this.#log.info({ mode, previous: previous?.mode }, 'Services are carried in this mode');
  }

  #create(mode: ProxyMode): Proxier {
    const { serviceCidrs, clusterPodCidrs, nodeIp, clock } = this.#options;
    if (mode === 'userspace')
      return createUserspaceProxier({ log: this.#log, serviceCidrs, clusterPodCidrs });
    return createNftablesProxier({
      log: this.#log,
      serviceCidrs,
      clusterPodCidrs,
      nodeIps: [nodeIp],
      localhostNodePorts: routesLocalnet(),
      clock,
      lost: () => this.#runner.request(),
    });
  }

  async #verify(): Promise<void> {
    try {
      if ((await this.#proxier?.verify()) === false) this.#runner.request();
    } catch (err) {
      this.#log.error({ err }, 'cannot look at the rules');
    }
    this.#verifyLater();
  }

  #verifyLater(): void {
    this.#stopVerifying = this.#options.clock.after(VERIFY_EVERY, () => void this.#verify());
  }
}

/** Whether the kernel lets packets from 127.0.0.1 be sent elsewhere; node containers set it by a sysctl of Compose. */
function routesLocalnet(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
