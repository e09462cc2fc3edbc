import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../service-port.ts';

/** Milliseconds in which an endpoint has to take a connection. */
export const CONNECT_TIMEOUT = 5000;
const MOST_IDLE = 64;

/** Connections to endpoints that are kept for further requests, and who waits for an endpoint. */
export class EndpointConnections {
  readonly agent = new Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE });
  readonly #waiting = new Map<string, Set<() => void>>();

  /** An endpoint that takes no new requests soon ends its idle connections: they go before a request is put on one. */
  dropIdle({ ip, port }: Endpoint): void {
    for (const socket of this.agent.freeSockets[this.agent.getName({ host: ip, port })] ?? [])
      socket.destroy();
  }

  /** `abandon` is called if the endpoint is lost. Returns how to wait no longer. */
  wait({ ip, port }: Endpoint, abandon: () => void): () => void {
    const key = `${ip} ${port}`;
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(abandon));
    return () => {
      waiting.delete(abandon);
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    };
  }

  /** The endpoint will say nothing any more, not even that it does not: whoever waits for it need not. */
  lose(endpoint: Endpoint): void {
    this.dropIdle(endpoint);
    for (const abandon of this.#waiting.get(`${endpoint.ip} ${endpoint.port}`) ?? []) abandon();
  }

  /** Rejects with what the connection failed with. */
  async connect(endpoint: Endpoint): Promise<Socket> {
    const socket = connect({ host: endpoint.ip, port: endpoint.port, noDelay: true });
    const giveUp = (): void => void socket.destroy(noAnswer());
    const timer = setTimeout(giveUp, CONNECT_TIMEOUT);
    const forget = this.wait(endpoint, giveUp);
    try {
      await once(socket, 'connect');
      return socket;
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

const noAnswer = (): Error => Object.assign(new Error('no answer in time'), { code: 'ECONNECT_TIMEOUT' });

/** Carries one request over a connection that is there already. */
export class OneConnection extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: false });
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}
