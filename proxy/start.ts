import type { KeyObject } from 'node:crypto';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { CoreV1Event } from '#api/gen/types.ts';
import { createProxier } from './create-proxier.ts';
import { startDns } from './dns/start.ts';
import { keepEntrances } from './entrances.ts';
import { ProxyHealth } from './health-check/proxy-health.ts';
import { startHealthChecks } from './health-check/start.ts';
import { serveStatus } from './health-check/status.ts';
import { startIngress } from './ingress/start.ts';
import { ModeAnnotation, unknownModeEvent } from './mode-annotation.ts';
import type { ProxyMode } from './proxier.ts';
import type { PortPublisher } from './publish.ts';
import { ServiceCarrier } from './service-carrier.ts';
import { ClusterState } from './state/cluster-state.ts';
import type { ServiceInfo } from './state/objects.ts';
import { keepState } from './state/state-file.ts';
import { AccessLog, type AccessPage } from './userspace/access-log.ts';
import { unsupportedEvent } from './userspace/unsupported-event.ts';
import type { ServicePort } from './service-port.ts';
import { ServiceTracker } from './state/service-tracker.ts';
import { watchCluster } from './state/watch-client.ts';

export interface ProxyOptions {
  /** `host:port` of the control plane's gRPC server. */
  readonly address: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<ChannelCredentials>;
  readonly nodeName: string;
  /** Of each IP family that the cluster has, the primary family's first. */
  readonly nodeIps: readonly string[];
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
  readonly beatKey?: KeyObject;
  /** Where the state is kept for the next process. */
  readonly stateFile: string;
  /** Told when the node carries Services: after the first sync, and after each that follows. */
  readonly onCarrying?: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Proxy {
  /** Resolves when the node carries Services in this mode and nothing of the other is left. */
  setMode(mode: ProxyMode): Promise<void>;
  /** The Services of a namespace; undefined: the node has not heard of any yet. */
  services(namespace: string): readonly ServiceInfo[] | undefined;
  /** What userspace mode carried on this node, after the `since`th record: the oldest first, at most `limit`. */
  access(since: number, limit: number): AccessPage;
  /** Ends the component; what the kernel holds goes on carrying Services. */
  stop(): Promise<void>;
}

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
  const entrances = keepEntrances({ ...options, nodeIp: options.nodeIps[0] ?? '', log, state });
  const access = new AccessLog(options.log);
  const health = new ProxyHealth();
  const checks = startHealthChecks({ ...options, log, state, health });
  let carriedIn = options.mode ?? 'nftables';
  const status = serveStatus({ mode: () => carriedIn, clock: options.clock, log });
  const unsupported = (service: ServicePort, why: string): void =>
    options.recordEvent?.(unsupportedEvent(service, why, options, state));
  const carrier = new ServiceCarrier({
    mode: options.mode ?? 'nftables',
    create: (mode, lost) => createProxier(mode, { ...options, log, lost, access, unsupported }),
    services() {
      tracker.update();
      return tracker.ports;
    },
    carrying(mode) {
      carriedIn = mode;
      health.updated(options.clock.now());
      entrances.carrying(mode === 'nftables');
      if (!carries) entrances.request();
      carries = true;
      options.onCarrying?.();
    },
    clock: options.clock,
    log,
  });
  /** Until then an address or port that a former process has held stays as it is. */
  let carries = false;
  const annotation = new ModeAnnotation(options.nodeName, log, (text) =>
    options.recordEvent?.(unknownModeEvent(text, options.nodeName, options.clock)),
  );
  /** Whether the state is one to go by: the control plane's, or that of the process before this one. */
  let synced = kept.restored;
  const ingress = startIngress({ ...options, log: options.log, state, access });
  const news = (): void => {
    if (!synced) return;
    health.queued(options.clock.now());
    carrier.prefer(annotation.read(state));
    carrier.request();
    if (carries) entrances.request();
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
    services: (namespace) =>
      synced ? [...state.services.values()].filter((one) => one.namespace === namespace) : undefined,
    access: (since, limit) => access.read(since, limit),
    async stop() {
      watch.stop();
      await kept.stop();
      await dns.stop();
      await checks.stop();
      await status.stop();
      await ingress.stop();
      await entrances.stop();
      await carrier.stop();
    },
  };
}
