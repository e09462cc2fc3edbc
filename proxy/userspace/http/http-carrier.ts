import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import httpProxy from 'http-proxy';
import { joinHostPort } from '#api/ip.ts';
import type { AccessLog } from '../access-log.ts';
import type { Backend, Scope } from '../backend.ts';
import { CarriedResponse, Exchange, type Carrier, type Ticket } from './exchange.ts';
import { UpgradeCarrier } from './upgrade-carrier.ts';
import { UpstreamPool } from './upstream-pool.ts';

/** Milliseconds in which a request's headers have to be there: not so long that connections pile up, far longer than any network is slow. */
const HEADERS_TIMEOUT = 60_000;
const CHECK_EVERY = 5000;
/** Bytes of a request's headers. Servers take 8 to 64 KiB; what is too much for an endpoint it says itself. */
const LARGEST_HEADERS = 128 * 1024;

/**
 * Carries HTTP by the request: each may go to another endpoint, also those of one connection. It listens nowhere; connections are handed to it.
 */
export class HttpCarrier implements Carrier {
  readonly pool = new UpstreamPool();
  readonly access: AccessLog;
  draining = false;
  readonly #proxy = httpProxy.createProxyServer<typeof IncomingMessage, typeof CarriedResponse>({});
  readonly #server: Server<typeof IncomingMessage, typeof CarriedResponse>;
  readonly #tickets = new WeakMap<Socket, Ticket>();
  readonly #upgrades: UpgradeCarrier;

  constructor(access: AccessLog) {
    this.access = access;
    this.#upgrades = new UpgradeCarrier(access);
    this.#server = createServer(
      {
        ServerResponse: CarriedResponse,
        maxHeaderSize: LARGEST_HEADERS,
        // A connection may be idle for as long as its client likes, as it may through the kernel.
        keepAliveTimeout: 0,
        headersTimeout: HEADERS_TIMEOUT,
        // How long an upload may take is not the proxy's to say.
        requestTimeout: 0,
        connectionsCheckingInterval: CHECK_EVERY,
        noDelay: true,
        // A request without a body is none to read: its stream's events cost more than its headers.
        optimizeEmptyRequests: true,
      },
      (request, response) => this.#carry(request, response),
    );
    // All headers or none: their size is limited.
    this.#server.maxHeadersCount = 0;
    this.#server.on('checkContinue', (request, response) => this.#carry(request, response));
    for (const event of ['upgrade', 'connect'])
      this.#server.on(event, (request: IncomingMessage, socket: Socket, head: Buffer) =>
        this.#upgrade(request, socket, head),
      );
    // Starts the checks of `headersTimeout`, as if it listened.
    this.#server.emit('listening');
    // http-proxy's own last step makes a client request of Node.js' for each request, which costs four times what all else does.
    this.#proxy.before('web', 'stream', (_request, response) => {
      response.exchange?.send();
      return true;
    });
    this.#proxy.on('error', () => {});
  }

  /** Takes over a connection whose first bytes were put back. */
  take(socket: Socket, backend: Backend, scope: Scope): void {
    const { remoteAddress: client = '', remotePort: port = 0 } = socket;
    this.#tickets.set(socket, { backend, scope, client, from: joinHostPort(client, port) });
    this.#server.emit('connection', socket);
    socket.resume();
  }

  dispatch(exchange: Exchange, response: CarriedResponse): void {
    this.#proxy.web(exchange.request, response, { target: exchange });
  }

  /** Asks clients to end their connections, with the answers that they get from now on. */
  drain(): void {
    this.draining = true;
  }

  /** Ends what connections there are to endpoints, and those of clients that ask for nothing. */
  close(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
    this.pool.close();
  }

  #carry(request: IncomingMessage, response: CarriedResponse): void {
    const ticket = this.#tickets.get(request.socket);
    if (ticket === undefined) return void response.destroy();
    new Exchange(request, response, ticket, this).begin();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const ticket = this.#tickets.get(socket);
    if (ticket === undefined) return void socket.destroy();
    this.#upgrades.carry(request, socket, head, ticket);
  }
}
