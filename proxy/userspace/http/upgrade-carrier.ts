import { Agent, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import httpProxy from 'http-proxy';
import type { Endpoint } from '../../service-port.ts';
import type { AccessLog } from '../access-log.ts';
import { anEntry, PATH_LIMIT, type AccessEntry } from '../access-record.ts';
import { dial, type Dialled } from '../dial.ts';
import { join } from '../join.ts';
import type { Ticket } from './exchange.ts';
import { upgradeHead } from './request-head.ts';

/**
 * Carries requests that make their connection another protocol's. A WebSocket goes through http-proxy; all else (h2c, SPDY, CONNECT) is carried
 * as it comes from the request on, with the endpoint's answer untouched.
 */
export class UpgradeCarrier {
  readonly #access: AccessLog;
  readonly #proxy = httpProxy.createProxyServer({});
  /** By the connection to the endpoint. */
  readonly #records = new WeakMap<object, AccessEntry>();

  constructor(access: AccessLog) {
    this.#access = access;
    // Broken connections are heard of by their own `close`.
    this.#proxy.on('error', (_error, _request, target) => void target.destroy());
    this.#proxy.on('open', (upstream) => {
      const record = this.#records.get(upstream);
      if (record !== undefined) record.status = 101;
    });
  }

  carry(request: IncomingMessage, client: Socket, head: Buffer, ticket: Ticket): void {
    client.on('error', () => client.destroy());
    dial({
      client,
      backend: ticket.backend,
      scope: ticket.scope,
      failed: (retries) => {
        this.#record(request, client, ticket, { retries, status: 502 });
        client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      },
      connected: (dialled) => this.#join(request, client, head, ticket, dialled),
    });
  }

  #join(request: IncomingMessage, client: Socket, head: Buffer, ticket: Ticket, dialled: Dialled): void {
    const { upstream, endpoint, retries } = dialled;
    const record = this.#record(request, client, ticket, { retries, endpoint });
    this.#records.set(upstream, record);
    if (isWebSocket(request)) return this.#carryWebSocket(request, client, head, ticket, dialled, record);
    upstream.write(upgradeHead(request, ticket.client), 'latin1');
    if (head.length > 0) upstream.write(head);
    join(client, upstream);
  }

  #carryWebSocket(
    request: IncomingMessage,
    client: Socket,
    head: Buffer,
    ticket: Ticket,
    { upstream, endpoint }: Dialled,
    record: AccessEntry,
  ): void {
    forward(request, ticket.client);
    const target = { host: endpoint.ip, port: endpoint.port };
    try {
      this.#proxy.ws(request, client, head, { target, agent: new HandedOver(upstream) });
    } catch {
      // The library throws at a target that is no URL (`http://[`), and it is the client who wrote that.
      upstream.destroy();
      record.status = 400;
      client.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
  }

  /** Written when the client's connection ends. */
  #record(
    { method = '', url = '' }: IncomingMessage,
    client: Socket,
    { backend, from }: Ticket,
    known: { retries: number; endpoint?: Endpoint; status?: number },
  ): AccessEntry {
    const record = anEntry('http', backend.title, known.endpoint, from);
    record.method = method;
    record.path = url.slice(0, PATH_LIMIT);
    record.status = known.status ?? 0;
    record.retries = known.retries;
    const before = { read: client.bytesRead, written: client.bytesWritten };
    client.once('close', () => {
      record.bytesIn = client.bytesRead - before.read;
      record.bytesOut = client.bytesWritten - before.written;
      record.milliseconds = Date.now() - record.time;
      this.#access.add(record);
    });
    return record;
  }
}

/** Gives a request the connection that is there already. */
class HandedOver extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}

const isWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';

/** As `requestHead` does; http-proxy itself would add to `X-Forwarded-Proto` what another proxy knows better. */
function forward({ headers }: IncomingMessage, client: string): void {
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? client : `${String(before)}, ${client}`;
  headers['x-forwarded-proto'] ??= 'http';
  if (headers.host !== undefined) headers['x-forwarded-host'] ??= headers.host;
}
