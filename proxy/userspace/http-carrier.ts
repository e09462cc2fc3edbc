import { Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import httpProxy from 'http-proxy';
import type { Endpoint } from '../service-port.ts';
import type { AccessLog } from './access-log.ts';
import type { Backend, Scope } from './backend.ts';

/** Milliseconds in which an endpoint has to take a connection. */
const CONNECT_TIMEOUT = 5000;
/** Longer than clients keep idle connections, so that it is they who close them. */
const KEEP_ALIVE = 75_000;
const MOST_IDLE = 64;
const MOST_TRIES = 3;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Carries HTTP by the request: each may go to another endpoint, also those of one connection. It listens nowhere; connections are handed to it.
 */
export class HttpCarrier {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE });
  readonly #proxy = httpProxy.createProxyServer({
    agent: this.#agent,
    // The endpoint sees the node's address; this names the client's.
    xfwd: true,
    connectTimeout: CONNECT_TIMEOUT,
    // How long an answer may take is not the proxy's to say.
    proxyTimeout: 0,
  });
  readonly #server: Server;
  #draining = false;
  readonly #backends = new WeakMap<Socket, { backend: Backend; scope: Scope }>();

  constructor(_access: AccessLog) {
    this.#server = createServer((request, response) => this.#carry(request, response, []));
    this.#server.keepAliveTimeout = KEEP_ALIVE;
    this.#server.requestTimeout = 0;
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#server.on('clientError', (_, socket) => socket.destroy());
    // Errors of a request come to its own callback; what is left are sockets that broke.
    this.#proxy.on('error', (_, __, target) => {
      target.destroy();
    });
    this.#proxy.on('proxyRes', (answer, _, response) => {
      if (this.#draining) answer.headers.connection = 'close';
      // An endpoint that died in the middle: the client must not take the half for the whole.
      answer.on('error', () => response.destroy());
    });
  }

  /** Takes over a connection whose first bytes were put back. */
  take(socket: Socket, backend: Backend, scope: Scope): void {
    this.#backends.set(socket, { backend, scope });
    this.#server.emit('connection', socket);
    socket.resume();
  }

  /** Asks clients to end their connections, with the answers that they get from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends what connections there are to endpoints, and those of clients that ask for nothing. */
  close(): void {
    this.#server.closeIdleConnections();
    this.#agent.destroy();
  }

  #carry(request: IncomingMessage, response: ServerResponse, failed: readonly Endpoint[]): void {
    const endpoint = this.#pick(request, failed);
    if (endpoint === undefined)
      return refuse(response, failed.length === 0 ? 503 : 502, 'no endpoint took the request');
    const target = { host: endpoint.ip, port: endpoint.port };
    this.#proxy.web(request, response, { target }, (error) => {
      if (mayTryAgain(request, response, error) && failed.length + 1 < MOST_TRIES)
        return this.#carry(request, response, [...failed, endpoint]);
      refuse(response, 502, error.message);
    });
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const endpoint = this.#pick(request, []);
    if (endpoint === undefined) return void socket.destroy();
    const target = { host: endpoint.ip, port: endpoint.port };
    this.#proxy.ws(request, socket, head, { target }, () => socket.destroy());
  }

  #pick(request: IncomingMessage, failed: readonly Endpoint[]): Endpoint | undefined {
    const { backend, scope } = this.#backends.get(request.socket) ?? {};
    return scope && backend?.pick(request.socket.remoteAddress ?? '', scope, failed);
  }
}

/** A request without a body that the endpoint cannot have acted on, or that may be acted on twice. */
function mayTryAgain(request: IncomingMessage, response: ServerResponse, error: Error): boolean {
  if (response.headersSent || response.destroyed) return false;
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
    return false;
  return SAFE_METHODS.has(request.method ?? '') || (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}

function refuse(response: ServerResponse, code: number, why: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(code, { 'content-type': 'text/plain' }).end(`podlab proxy: ${why}\n`);
}
