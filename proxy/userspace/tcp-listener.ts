import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../service-port.ts';
import type { AccessLog } from './access-log.ts';
import { hostPort } from './access-record.ts';
import type { Backend, Scope } from './backend.ts';
import type { HttpCarrier } from './http-carrier.ts';
import type { ListenerPlan } from './listener-plan.ts';
import { recordOf } from './records.ts';

/** Milliseconds in which an endpoint has to take a connection while there are others: the kernel asks a second time after one second. */
const CONNECT_TIMEOUT = 1500;
/** The same where there is no other. */
const LAST_CONNECT_TIMEOUT = 10_000;
const MOST_TRIES = 8;
/** Milliseconds of silence after which the kernel asks whether the other side is still there. */
const KEEP_ALIVE_DELAY = 30_000;
/** Milliseconds to wait for a client to speak first, as HTTP clients do, before its connection is carried as it is. */
const FIRST_WORD = 200;
/** As many as the kernel lets a listening socket have by default (`net.core.somaxconn`). */
const BACKLOG = 4096;
const REQUEST_LINE = /^[A-Z]{3,16} [^ ]/;
/** HTTP/2 starts like this; it is carried as it is. */
const HTTP2_PREFACE = 'PRI *';
const LONGEST_METHOD = 18;

/** One port of a Service on one address, over TCP. */
export class TcpListener {
  readonly #http: HttpCarrier;
  readonly #access: AccessLog;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #plan: ListenerPlan;
  #backend: Backend;

  constructor(plan: ListenerPlan, backend: Backend, http: HttpCarrier, access: AccessLog) {
    this.#plan = plan;
    this.#backend = backend;
    this.#http = http;
    this.#access = access;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
  }

  /** Connections that there are stay with the backend that they came for. */
  update(plan: ListenerPlan, backend: Backend): void {
    this.#plan = plan;
    this.#backend = backend;
  }

  /** Rejects when the address cannot be had. */
  listen(): Promise<void> {
    const { ip, port, family } = this.#plan;
    return new Promise((resolve, reject) => {
      const options = { host: ip, port, backlog: BACKLOG, ipv6Only: family === 'IPv6' };
      this.#server.once('error', reject).listen(options, () => {
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

  get connections(): number {
    return this.#connections.size;
  }

  close(): void {
    this.stopAccepting();
    for (const socket of this.#connections) socket.destroy();
  }

  #accept(client: Socket): void {
    const scope = this.#backend.admit(
      this.#plan.entrance,
      client.remoteAddress ?? '',
      client.localAddress ?? '',
    );
    if (scope === undefined) return void client.resetAndDestroy();
    this.#connections.add(client);
    client.on('close', () => this.#connections.delete(client));
    client.on('error', () => client.destroy());
    client.setKeepAlive(true, KEEP_ALIVE_DELAY);
    if (this.#plan.mayBeHttp) this.#judge(client, this.#backend, scope);
    else this.#carry(client, this.#backend, scope, []);
  }

  /** Looks at the first bytes, and puts them back. */
  #judge(client: Socket, backend: Backend, scope: Scope): void {
    const decide = (): void => {
      clearTimeout(timer);
      client.off('readable', decide).off('end', decide);
      const start = client.read() as Buffer | null;
      if (start !== null) client.unshift(start);
      if (client.destroyed) return;
      if (looksLikeHttp(start)) this.#http.take(client, backend, scope);
      else this.#carry(client, backend, scope, []);
    };
    const timer = setTimeout(decide, FIRST_WORD);
    client.once('readable', decide).once('end', decide);
  }

  #carry(client: Socket, backend: Backend, scope: Scope, failed: readonly Endpoint[]): void {
    const endpoint =
      failed.length < MOST_TRIES ? backend.pick(client.remoteAddress ?? '', scope, failed) : undefined;
    if (endpoint === undefined) return this.#giveUp(client, backend, failed.length);
    const upstream = connectTo(endpoint, backend.hasOther(scope, [...failed, endpoint]));
    // Nothing of the client's was read yet, so that another endpoint may have the connection.
    const next = (): void => {
      upstream.destroy();
      client.off('close', leave);
      if (!client.destroyed) this.#carry(client, backend, scope, [...failed, endpoint]);
    };
    const leave = (): void => void upstream.destroy();
    upstream.once('error', next).once('timeout', next);
    client.once('close', leave);
    upstream.once('connect', () => {
      upstream.setTimeout(0).off('timeout', next).off('error', next);
      client.off('close', leave);
      join(client, upstream);
      this.#tellAtEnd(client, backend, endpoint, failed.length);
    });
  }

  #giveUp(client: Socket, backend: Backend, retries: number): void {
    const started = Date.now();
    const from = hostPort(client.remoteAddress ?? '', client.remotePort ?? 0);
    client.resetAndDestroy();
    this.#access.add({ ...recordOf('tcp', backend, undefined, from, started), retries, aborted: true });
  }

  #tellAtEnd(client: Socket, backend: Backend, endpoint: Endpoint, retries: number): void {
    const started = Date.now();
    const from = hostPort(client.remoteAddress ?? '', client.remotePort ?? 0);
    client.once('close', () => {
      this.#access.add({
        ...recordOf('tcp', backend, endpoint, from, started),
        bytesIn: client.bytesRead,
        bytesOut: client.bytesWritten,
        milliseconds: Date.now() - started,
        retries,
        ...(client.readableEnded && client.writableFinished ? {} : { aborted: true }),
      });
    });
  }
}

/** With a time limit that holds until it is connected. */
export function connectTo({ ip, port }: Endpoint, others: boolean): Socket {
  return connect({
    host: ip,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY,
    timeout: others ? CONNECT_TIMEOUT : LAST_CONNECT_TIMEOUT,
  });
}

/** Each half ends on its own; when one side breaks, so does the other, in the same way. */
export function join(client: Socket, upstream: Socket): void {
  upstream.on('error', () => client.resetAndDestroy());
  upstream.once('close', () => {
    if (!upstream.readableEnded) client.destroy();
  });
  client.once('close', () => {
    if (client.readableEnded) upstream.destroy();
    else upstream.resetAndDestroy();
  });
  client.pipe(upstream);
  upstream.pipe(client);
}

export function looksLikeHttp(start: Buffer | null): boolean {
  const text = start?.toString('latin1', 0, LONGEST_METHOD) ?? '';
  return REQUEST_LINE.test(text) && !text.startsWith(HTTP2_PREFACE);
}
