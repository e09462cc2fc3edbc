import { Client, type ChannelCredentials, type ClientReadableStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { NetworkPolicyServiceClient } from '#proto/gen/podlab/v1/NetworkPolicyService.ts';
import type { NetworkPolicyUpdate__Output } from '#proto/gen/podlab/v1/NetworkPolicyUpdate.ts';
import { networkPolicyProto } from '#proto/load.ts';

/** Milliseconds. */
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
  readonly clock: Clock;
  readonly log: Logger;
  /** A new connection begins to name everything again. */
  onStart(): void;
  onUpdate(update: NetworkPolicyUpdate__Output): void;
}

/** Hears the control plane's NetworkPolicies; reconnects for ever. */
export function watchPolicies(options: WatchOptions): { stop(): void } {
  const { log } = options;
  let stopped = false;
  let retry = FIRST_RETRY;
  let cancelTimer: (() => void) | undefined;
  let client: NetworkPolicyServiceClient | undefined;
  let call: ClientReadableStream<NetworkPolicyUpdate__Output> | undefined;

  const retryLater = (): void => {
    if (stopped) return;
    cancelTimer = options.clock.after(retry, () => void connect());
    retry = Math.min(retry * 2, LAST_RETRY);
  };

  const open = (credentials: ChannelCredentials): void => {
    const connection: NetworkPolicyServiceClient = new networkPolicyProto.NetworkPolicyService(
      options.address,
      credentials,
      CHANNEL_OPTIONS,
    );
    client = connection;
    call = connection.Watch({ nodeName: options.nodeName });
    let started = false;
    call.on('data', (update: NetworkPolicyUpdate__Output) => {
      if (!started) options.onStart();
      started = true;
      if (update.update === 'synced') retry = FIRST_RETRY;
      options.onUpdate(update);
    });
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      (connection as Client).close();
      retryLater();
    };
    call.on('end', end);
    call.on('error', (error) => {
      if (!stopped && !over)
        log.warn({ error: error.message }, 'lost the control plane; the policies last heard stay in force');
      end();
    });
  };

  const connect = async (): Promise<void> => {
    try {
      const credentials = await options.credentials();
      if (!stopped) open(credentials);
    } catch (err) {
      log.warn({ err }, 'cannot ask the control plane for policies');
      retryLater();
    }
  };
  void connect();
  return {
    stop() {
      stopped = true;
      cancelTimer?.();
      call?.cancel();
      (client as Client | undefined)?.close();
    },
  };
}
