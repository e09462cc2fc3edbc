/** A Service's port on 127.0.0.1 with endpoints there, for tests. */
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pino from 'pino';
import { realClock } from '#api/clock.ts';
import type { Endpoint, ServicePort } from '../service-port.ts';
import { aServicePort } from '../testing/service-port.ts';
import { AccessLog } from './access-log.ts';
import type { AccessRecord } from './access-record.ts';
import { Backend } from './backend.ts';
import { HttpCarrier } from './http/http-carrier.ts';
import { NodeNetwork } from './node-network.ts';
import { TcpListener } from './tcp-listener.ts';

const HOST = '127.0.0.1';

export interface Carried {
  readonly port: number;
  readonly listener: TcpListener;
  readonly http: HttpCarrier;
  readonly backend: Backend;
  readonly records: () => readonly AccessRecord[];
}

/** What a test opened, to be closed after it. */
export class Bench {
  readonly #closing: (() => unknown)[] = [];

  close(): void {
    for (const close of this.#closing.splice(0).toReversed()) close();
  }

  later(close: () => unknown): void {
    this.#closing.push(close);
  }

  async endpoint(server: Server | HttpServer): Promise<Endpoint> {
    await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
    this.later(() => server.close());
    return { ip: HOST, port: (server.address() as AddressInfo).port, nodeName: 'node1', local: true };
  }

  http(answer: RequestListener): Promise<Endpoint> {
    return this.endpoint(createHttpServer(answer));
  }

  /** Answers each connection's first bytes with these, and says nothing more. */
  raw(answer: string | ((socket: Socket) => void)): Promise<Endpoint> {
    return this.endpoint(
      createServer((socket) => {
        socket.on('error', () => {});
        if (typeof answer === 'string') socket.once('data', () => socket.write(answer));
        else answer(socket);
      }),
    );
  }

  /** A port on which nobody listens. */
  async dead(): Promise<Endpoint> {
    const server = createServer();
    const endpoint = await this.endpoint(server);
    server.close();
    return endpoint;
  }

  async carry(
    endpoints: readonly Endpoint[],
    mayBeHttp = true,
    changes: Partial<ServicePort> = {},
  ): Promise<Carried> {
    const access = new AccessLog(pino({ enabled: false }));
    const http = new HttpCarrier(access);
    const backend = new Backend(aServicePort({ endpoints, ...changes }), new NodeNetwork([], []), realClock);
    const port = await freePort();
    const plan = { protocol: 'TCP', family: 'IPv4', ip: HOST, port, entrance: 'clusterIP' } as const;
    const listener = new TcpListener({ ...plan, serviceKey: 'web', mayBeHttp }, backend, http, access);
    await listener.listen();
    this.later(() => {
      listener.close();
      http.close();
    });
    return { port, listener, http, backend, records: () => access.read(0, 1000).records };
  }

  /** Writes to a port as it is told, and gives all that comes back until the other side ends or `until` is there. */
  async exchange(port: number, text: string | Buffer, until?: string | RegExp): Promise<string> {
    const socket = connect({ host: HOST, port });
    this.later(() => socket.destroy());
    socket.write(text, 'latin1');
    return await heard(socket, until);
  }
}

/** What a socket gives until its end, or until it holds `until`. */
export function heard(socket: Socket, until?: string | RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (until !== undefined && (typeof until === 'string' ? text.includes(until) : until.test(text))) end();
    };
    const end = (): void => {
      socket.off('data', look);
      resolve(text);
    };
    socket.on('data', look).once('close', end).once('end', end).on('error', end);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
