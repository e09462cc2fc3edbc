import { createServer, type Server, type Socket } from 'node:net';
import { joinHostPort } from '#api/ip.ts';
import type { AccessLog } from './access-log.ts';
import { anEntry } from './access-record.ts';
import type { Backend, Scope } from './backend.ts';
import { dial, KEEP_ALIVE_DELAY, type Dialled } from './dial.ts';
import type { HttpCarrier } from './http/http-carrier.ts';
import { join } from './join.ts';
import type { ListenerPlan } from './listener-plan.ts';

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
    else this.#carry(client, this.#backend, scope);
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
      else this.#carry(client, backend, scope);
    };
    const timer = setTimeout(decide, FIRST_WORD);
    client.once('readable', decide).once('end', decide);
  }

  #carry(client: Socket, backend: Backend, scope: Scope): void {
    const from = joinHostPort(client.remoteAddress ?? '', client.remotePort ?? 0);
    dial({
      client,
      backend,
      scope,
      failed: (retries) => {
        client.resetAndDestroy();
        const entry = anEntry('tcp', backend.title, undefined, from);
        entry.retries = retries;
        entry.aborted = true;
        this.#access.add(entry);
      },
      connected: (dialled) => {
        join(client, dialled.upstream);
        this.#tellAtEnd(client, backend, from, dialled);
      },
    });
  }

  #tellAtEnd(client: Socket, backend: Backend, from: string, { endpoint, retries }: Dialled): void {
    const entry = anEntry('tcp', backend.title, endpoint, from);
    entry.retries = retries;
    client.once('close', () => {
      entry.bytesIn = client.bytesRead;
      entry.bytesOut = client.bytesWritten;
      entry.milliseconds = Date.now() - entry.time;
      entry.aborted = !client.readableEnded || !client.writableFinished;
      this.#access.add(entry);
    });
  }
}

export function looksLikeHttp(start: Buffer | null): boolean {
  const text = start?.toString('latin1', 0, LONGEST_METHOD) ?? '';
  return REQUEST_LINE.test(text) && !text.startsWith(HTTP2_PREFACE);
}
