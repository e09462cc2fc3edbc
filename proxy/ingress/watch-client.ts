import { Client, type ChannelCredentials, type ClientReadableStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { HttpEntry } from '#api/http-routes.ts';
import type { HttpRoutesServiceClient } from '#proto/gen/podlab/v1/HttpRoutesService.ts';
import type { HttpRoutesUpdate__Output } from '#proto/gen/podlab/v1/HttpRoutesUpdate.ts';
import { httpRoutesProto } from '#proto/load.ts';

const FIRST_RETRY = 100;
const LAST_RETRY = 3000;

const CHANNEL_OPTIONS = {
  // Notices within seconds that a control plane's machine is gone, which no TCP reset tells.
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 3000,
  'grpc.initial_reconnect_backoff_ms': FIRST_RETRY,
  'grpc.max_reconnect_backoff_ms': LAST_RETRY,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
};

export interface HttpRoutesWatchOptions {
  /** `host:port` of the control plane's gRPC server. */
  readonly address: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<ChannelCredentials>;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  apply(whole: boolean, upserted: readonly HttpEntry[], deleted: readonly string[]): void;
}

/** Follows the cluster's HTTP routes; reconnects for ever, and goes on with the last ones meanwhile. */
export function watchHttpRoutes(options: HttpRoutesWatchOptions): { stop(): void } {
  let stopped = false;
  let retry = FIRST_RETRY;
  let cancelTimer: (() => void) | undefined;
  let client: HttpRoutesServiceClient | undefined;
  let call: ClientReadableStream<HttpRoutesUpdate__Output> | undefined;

  const connect = async (): Promise<void> => {
    const credentials = await options.credentials();
    if (stopped) return;
    const connection: HttpRoutesServiceClient = new httpRoutesProto.HttpRoutesService(
      options.address,
      credentials,
      CHANNEL_OPTIONS,
    );
    client = connection;
    call = connection.Watch({ nodeName: options.nodeName });
    call.on('data', (update: HttpRoutesUpdate__Output) => {
      retry = FIRST_RETRY;
      apply(options, update);
    });
    let over = false;
    const again = (): void => {
      if (stopped || over) return;
      over = true;
      (connection as Client).close();
      cancelTimer = options.clock.after(retry, () => void connect());
      retry = Math.min(retry * 2, LAST_RETRY);
    };
    call.on('end', again);
    call.on('error', again);
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

/** An update that makes no sense is reported and left out: what is served goes on. */
function apply(
  options: HttpRoutesWatchOptions,
  { whole, upserted, deleted }: HttpRoutesUpdate__Output,
): void {
  try {
    const entries = upserted.map((bytes) => JSON.parse(bytes.toString()) as HttpEntry);
    options.apply(whole, entries, deleted);
  } catch (err) {
    options.log.error({ err }, 'cannot use the HTTP routes that the control plane sent');
  }
}
