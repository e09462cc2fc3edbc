import { Client, type ChannelCredentials, type ClientReadableStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { ProxyServiceClient } from '#proto/gen/podlab/v1/ProxyService.ts';
import type { ProxyUpdate__Output } from '#proto/gen/podlab/v1/ProxyUpdate.ts';
import { proxyProto } from '#proto/load.ts';
import type { ClusterState } from './cluster-state.ts';

const FIRST_RETRY = 100;
const LAST_RETRY = 3000;

const CHANNEL_OPTIONS = {
  // Notices within seconds that a control plane's machine is gone, which no TCP reset tells.
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 3000,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.initial_reconnect_backoff_ms': FIRST_RETRY,
  'grpc.max_reconnect_backoff_ms': LAST_RETRY,
  // Each connection is a new one: what an earlier one failed with must not delay it.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
};

export interface WatchOptions {
  /** `host:port` of the control plane's gRPC server. */
  readonly address: string;
  /** The node's present identity; asked at every connection, because a node may have joined anew. */
  readonly credentials: () => Promise<ChannelCredentials>;
  readonly nodeName: string;
  readonly state: ClusterState;
  readonly clock: Clock;
  readonly log: Logger;
  /** After every (re)connection, when the state is the control plane's again. */
  onSynced(): void;
}

/** Keeps `state` in step with the control plane; reconnects for ever. */
export function watchCluster(options: WatchOptions): { stop(): void } {
  const { log } = options;
  let stopped = false;
  let retry = FIRST_RETRY;
  let cancelTimer: (() => void) | undefined;
  let client: ProxyServiceClient | undefined;
  let call: ClientReadableStream<ProxyUpdate__Output> | undefined;

  /** Whether it was said that the control plane is away: once an outage. */
  let told = false;

  const lost = (error: Error): void => {
    if (stopped) return;
    const message = 'lost the control plane; the node goes on with what it last heard';
    log[told ? 'debug' : 'warn']({ error: error.message }, message);
    told = true;
  };
  const later = (): void => {
    if (stopped) return;
    cancelTimer = options.clock.after(retry, start);
    retry = Math.min(retry * 2, LAST_RETRY);
  };
  const start = (): void =>
    void connect().catch((error: unknown) => {
      lost(error as Error);
      later();
    });

  const connect = async (): Promise<void> => {
    const credentials = await options.credentials();
    if (stopped) return;
    let resyncing = false;
    const connection: ProxyServiceClient = new proxyProto.ProxyService(
      options.address,
      credentials,
      CHANNEL_OPTIONS,
    );
    client = connection;
    call = connection.Watch({ nodeName: options.nodeName });
    call.on('data', (update: ProxyUpdate__Output) => {
      if (!resyncing) options.state.resyncing();
      resyncing = true;
      if (update.update === 'synced') {
        retry = FIRST_RETRY;
        told = false;
      }
      apply(options, update);
    });
    let over = false;
    const again = (): void => {
      if (stopped || over) return;
      over = true;
      (connection as Client).close();
      later();
    };
    call.on('end', again);
    call.on('error', (error) => {
      lost(error);
      again();
    });
  };
  start();
  return {
    stop() {
      stopped = true;
      cancelTimer?.();
      call?.cancel();
      (client as Client | undefined)?.close();
    },
  };
}

/** An update that makes no sense is reported and left out: the rest must go on. */
function apply(options: WatchOptions, update: ProxyUpdate__Output): void {
  const { state, log } = options;
  try {
    switch (update.update) {
      case 'upserted':
        return state.upsert(JSON.parse((update.upserted ?? Buffer.alloc(0)).toString()) as { kind?: string });
      case 'deleted':
        return state.delete(
          update.deleted?.resource ?? '',
          update.deleted?.namespace ?? '',
          update.deleted?.name ?? '',
        );
      case 'synced':
        state.synced();
        return options.onSynced();
      default:
        return;
    }
  } catch (error) {
    log.error({ err: error, update: update.update }, 'cannot use what the control plane sent');
  }
}
