import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../service-port.ts';

/** Milliseconds in which an endpoint has to take a connection. */
export const CONNECT_TIMEOUT = 5000;
const MOST_IDLE = 64;

/** Connections to endpoints that are kept for further requests. */
export class EndpointConnections {
  readonly agent = new Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE });

  /** An endpoint that takes no new requests soon ends its idle connections: they go before a request is put on one. */
  dropIdle({ ip, port }: Endpoint): void {
    for (const socket of this.agent.freeSockets[this.agent.getName({ host: ip, port })] ?? [])
      socket.destroy();
  }

  close(): void {
    this.agent.destroy();
  }
}

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

/** Rejects with what the connection failed with. */
export function connectTo({ ip, port }: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, noDelay: true });
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('no answer in time'), { code: 'ECONNECT_TIMEOUT' })),
      CONNECT_TIMEOUT,
    );
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
  });
}
