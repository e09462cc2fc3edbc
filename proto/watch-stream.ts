/** How a node follows what the control plane streams to it. */
import type { ChannelCredentials, ChannelOptions, ClientReadableStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';

/** Milliseconds. */
const FIRST_RETRY = 100;
const LAST_RETRY = 3000;

const CHANNEL_OPTIONS: ChannelOptions = {
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
  readonly clock: { after(milliseconds: number, callback: () => void): () => void };
  readonly log: Logger;
}

interface WatchClient<Update> {
  Watch(request: { nodeName: string }): ClientReadableStream<Update>;
  close(): void;
}

export interface WatchStreamOptions<Update> extends WatchOptions {
  readonly service: new (
    address: string,
    credentials: ChannelCredentials,
    options: ChannelOptions,
  ) => WatchClient<Update>;
  /** Said once an outage, when the control plane is away. */
  readonly lostMessage: string;
  /** A new connection begins to name everything again. */
  started?(): void;
  /** May throw: an update that makes no sense is reported and left out, because the rest must go on. */
  heard(update: Update): void;
  /** Whether everything is named with this update. */
  isWhole(update: Update): boolean;
}

/** Follows a service's `Watch`; reconnects for ever, with growing delay until a connection has named everything. */
export function watchStream<Update>(options: WatchStreamOptions<Update>): { stop(): void } {
  return new WatchStream(options);
}

class WatchStream<Update> {
  readonly #options: WatchStreamOptions<Update>;
  #retry = FIRST_RETRY;
  #told = false;
  #stopped = false;
  #cancelTimer = (): void => {};
  #end = (): void => {};

  constructor(options: WatchStreamOptions<Update>) {
    this.#options = options;
    this.#start();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#end();
  }

  #start(): void {
    this.#connect().catch((error: unknown) => {
      this.#lost(error as Error);
      this.#later();
    });
  }

  async #connect(): Promise<void> {
    const { service: Service, address, credentials, nodeName } = this.#options;
    const identity = await credentials();
    if (this.#stopped) return;
    const client = new Service(address, identity, CHANNEL_OPTIONS);
    const call = client.Watch({ nodeName });
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      client.close();
      this.#later();
    };
    this.#end = () => {
      call.cancel();
      end();
    };
    let started = false;
    call.on('data', (update: Update) => {
      // What a cancelled call had received already.
      if (this.#stopped) return;
      if (!started) this.#options.started?.();
      started = true;
      this.#hear(update);
    });
    call.on('end', end);
    call.on('error', (error) => {
      if (!over) this.#lost(error);
      end();
    });
  }

  #hear(update: Update): void {
    const options = this.#options;
    if (options.isWhole(update)) {
      this.#retry = FIRST_RETRY;
      this.#told = false;
    }
    try {
      options.heard(update);
    } catch (err) {
      options.log.error({ err }, 'cannot use what the control plane sent');
    }
  }

  #lost({ message }: Error): void {
    if (this.#stopped) return;
    const { log, lostMessage } = this.#options;
    log[this.#told ? 'debug' : 'warn']({ error: message }, lostMessage);
    this.#told = true;
  }

  #later(): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.clock.after(this.#retry, () => this.#start());
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
  }
}
