import { Agent, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { StatusError } from '#api/status.ts';
import type { Dialer } from '../dialer.ts';

/** Connects to `NAME.NAMESPACE.svc` over the Dialer; the TLS inside of it is the control plane's. */
export class ServiceAgent extends Agent {
  readonly #dialer: () => Dialer | undefined;

  constructor(dialer: () => Dialer | undefined, options: AgentOptions) {
    super(options);
    this.#dialer = dialer;
  }

  override createConnection(
    options: ConnectionOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): null {
    void this.#answer(options, callback);
    return null;
  }

  async #answer(
    options: ConnectionOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): Promise<void> {
    let socket: Duplex;
    try {
      socket = await this.#connect(options);
    } catch (error) {
      // Node's types ask for a stream even where there is none.
      (callback as (failed: unknown) => void)(error);
      return;
    }
    callback(null, socket);
  }

  async #connect(options: ConnectionOptions): Promise<Duplex> {
    const dialer = this.#dialer();
    if (dialer === undefined) {
      throw new StatusError('ServiceUnavailable', 'no node can be reached: the control plane is starting');
    }
    // Neither a Service's name nor a namespace has a dot.
    const [name = '', namespace = ''] = (options.host ?? '').split('.');
    const socket = await dialer.dialService(namespace, name, options.port ?? 443);
    const { ca, servername, rejectUnauthorized } = options;
    return connect({
      socket,
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    });
  }
}
