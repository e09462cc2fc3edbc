import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '#api/clock.ts';
import type { Endpoint } from '../service-port.ts';
import { Balancer } from './balancer.ts';
import type { HttpCarrier } from './http-carrier.ts';
import type { ListenerPlan } from './listener-plan.ts';

/** Milliseconds in which an endpoint has to take a connection before another is tried. */
const CONNECT_TIMEOUT = 5000;
/** Milliseconds to wait for a client to speak first, as HTTP clients do, before its connection is carried as it is. */
const FIRST_WORD = 200;
const REQUEST_LINE = /^[A-Z]{3,16} [^ ]/;
/** HTTP/2 starts like this; it is carried as it is. */
const HTTP2_PREFACE = 'PRI *';
const LONGEST_METHOD = 18;

/** One port of a Service on one address, over TCP. */
export class TcpListener {
  readonly #balancer: Balancer;
  readonly #http: HttpCarrier;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #mayBeHttp = false;

  constructor(clock: Clock, http: HttpCarrier) {
    this.#balancer = new Balancer(clock);
    this.#http = http;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
  }

  update(plan: ListenerPlan): void {
    this.#balancer.update(plan.endpoints, plan.affinitySeconds);
    this.#mayBeHttp = plan.mayBeHttp;
  }

  /** Rejects when the address cannot be had. */
  listen({ ip, port }: ListenerPlan): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen({ host: ip, port, backlog: 1024 }, () => {
        // Running out of file descriptors must not end the process; accepting goes on when there are some again.
        this.#server.off('error', reject).on('error', () => {});
        resolve();
      });
    });
  }

  /** Connections that there are go on, with their requests. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** There is nobody to carry to any more. */
  refuse(): void {
    this.#balancer.update([], 0);
    this.stopAccepting();
  }

  get connections(): number {
    return this.#connections.size;
  }

  close(): void {
    this.refuse();
    for (const socket of this.#connections) socket.destroy();
  }

  #accept(client: Socket): void {
    this.#connections.add(client);
    client.on('close', () => this.#connections.delete(client));
    client.on('error', () => client.destroy());
    if (this.#mayBeHttp) this.#judge(client);
    else this.#carry(client, []);
  }

  /** Looks at the first bytes, and puts them back. */
  #judge(client: Socket): void {
    const decide = (): void => {
      clearTimeout(timer);
      client.off('readable', decide).off('end', decide);
      const start = client.read() as Buffer | null;
      if (start !== null) client.unshift(start);
      if (client.destroyed) return;
      if (looksLikeHttp(start)) this.#http.take(client, this.#balancer);
      else this.#carry(client, []);
    };
    const timer = setTimeout(decide, FIRST_WORD);
    client.once('readable', decide).once('end', decide);
  }

  #carry(client: Socket, failed: readonly Endpoint[]): void {
    const endpoint = this.#balancer.pick(client.remoteAddress ?? '', failed);
    if (endpoint === undefined) return void client.resetAndDestroy();
    const { ip: host, port } = endpoint;
    const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true, timeout: CONNECT_TIMEOUT });
    // Nothing of the client's was read yet, so that another endpoint may have the connection.
    const next = (): void => {
      upstream.destroy();
      if (!client.destroyed) this.#carry(client, [...failed, endpoint]);
    };
    upstream.once('error', next).once('timeout', next);
    client.once('close', () => upstream.destroy());
    upstream.once('connect', () => {
      upstream.setTimeout(0).off('timeout', next).off('error', next);
      join(client, upstream);
    });
  }
}

/** Each half ends on its own; when one side breaks, so does the other. */
function join(client: Socket, upstream: Socket): void {
  upstream.on('error', () => client.resetAndDestroy());
  upstream.once('close', () => {
    if (!upstream.readableEnded) client.destroy();
  });
  client.pipe(upstream);
  upstream.pipe(client);
}

export function looksLikeHttp(start: Buffer | null): boolean {
  const text = start?.toString('latin1', 0, LONGEST_METHOD) ?? '';
  return REQUEST_LINE.test(text) && !text.startsWith(HTTP2_PREFACE);
}
