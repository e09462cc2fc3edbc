import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import httpProxy from 'http-proxy';
import type { HttpFilter } from '#api/http-routes.ts';
import { joinHostPort } from '#api/ip.ts';
import type { Endpoint } from '../service-port.ts';
import type { AccessLog } from '../userspace/access-log.ts';
import { anEntry, PATH_LIMIT } from '../userspace/access-record.ts';
import { passOn } from './answer.ts';
import { type Backends, pickBackend } from './backends.ts';
import { CONNECT_TIMEOUT, EndpointConnections, OneConnection } from './endpoint-connections.ts';
import {
  answerWith,
  authorityOf,
  clientOf,
  dropHopByHop,
  type Exchange,
  forwardedHeaders,
  hasBody,
  isOver,
  refuseUpgrade,
} from './exchange.ts';
import { changeHeaders, changePath, type Headers, locationOf } from './filters.ts';
import { hostOf } from './hostname.ts';
import { startMirrors } from './mirror.ts';
import { parseTarget } from './request-target.ts';
import { findRule, type Found, type PortRoutes } from './routing-table.ts';

const MOST_TRIES = 3;
/** Requests that may be sent again when a connection broke (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export interface CarrierOptions {
  readonly backends: Backends;
  readonly connections: EndpointConnections;
  readonly access: AccessLog;
  /** The port's routes as they are now; undefined: it is being closed. */
  readonly routes: () => PortRoutes | undefined;
  /** Whether an address is this node's. */
  readonly isOwn: (address: string) => boolean;
}

interface SendOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly agent: Agent;
}

/** What is to become of a request. */
type Decision =
  | { readonly kind: 'refuse'; readonly code: number; readonly why: string }
  | { readonly kind: 'redirect'; readonly code: number; readonly location: string }
  | { readonly kind: 'carry'; readonly exchange: Exchange };

/** Takes the requests of one port and carries each to an endpoint of the backend that its route names. */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #proxy = httpProxy.createProxyServer({
    // The path was looked at already, and goes out as it was found.
    toProxy: true,
    selfHandleResponse: true,
    connectTimeout: CONNECT_TIMEOUT,
    proxyTimeout: 0,
  });
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();
  #draining = false;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#proxy.on('start', (request) => this.#frameAgain(request));
    this.#proxy.on('proxyReq', (attempt, request, response) => this.#began(attempt, request, response));
    this.#proxy.on('proxyRes', (answer, request, response) => this.#answered(answer, request, response));
    // Failures come to each request's own callback; what is left are sockets that broke.
    this.#proxy.on('error', (_, __, target) => void target.destroy());
  }

  /** Asks clients to end their connections, with the answers that they get from now on. */
  drain(): void {
    this.#draining = true;
  }

  carry(request: IncomingMessage, response: ServerResponse): void {
    const decision = this.#decide(request);
    if (decision.kind === 'refuse') return answerWith(response, decision.code, decision.why);
    if (decision.kind === 'redirect')
      return answerWith(response, decision.code, 'see location', { location: decision.location });
    const { exchange } = decision;
    this.#exchanges.set(request, exchange);
    this.#record(exchange, response);
    this.#limitTime(exchange, response);
    void this.#try(exchange, response);
  }

  /** A WebSocket: the connection is made first, so that an endpoint that refuses can be passed over. */
  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const upgrade = request.headers.upgrade ?? '';
    const decision = this.#decide(request);
    if (decision.kind === 'refuse') return refuseUpgrade(socket, decision.code, decision.why);
    if (decision.kind === 'redirect') return refuseUpgrade(socket, 400, 'Bad Request');
    const { exchange } = decision;
    const connection = await this.#connect(exchange);
    if (connection === undefined) return refuseUpgrade(socket, 503, 'Service Unavailable');
    if (socket.destroyed) return void connection.socket.destroy();
    Object.assign(request.headers, { connection: 'Upgrade', upgrade });
    for (const name of ['content-length', 'transfer-encoding']) delete request.headers[name];
    this.#attempt(
      () =>
        this.#proxy.ws(request, socket, head, { ...connection.options }, () => {
          if (!socket.destroyed && socket.bytesWritten === 0) refuseUpgrade(socket, 502, 'Bad Gateway');
        }),
      () => {
        connection.socket.destroy();
        refuseUpgrade(socket, 400, 'Bad Request');
      },
    );
  }

  #decide(request: IncomingMessage): Decision {
    const routes = this.#options.routes();
    const target = parseTarget(request.url ?? '');
    if (target === undefined) return { kind: 'refuse', code: 400, why: 'Bad Request' };
    const authority = authorityOf(request, target);
    const host = hostOf(authority);
    const { path, search } = target;
    const method = request.method ?? 'GET';
    const found =
      routes && findRule(routes, host, { method, path, search, header: (name) => headerOf(request, name) });
    if (found === undefined) return { kind: 'refuse', code: 404, why: 'Not Found' };
    const { rule } = found.candidate;
    const redirect = rule.filters.find((filter) => filter.type === 'redirect');
    if (redirect !== undefined) {
      const location = locationOf(redirect, { host, path, search }, found.listener, found.candidate);
      return { kind: 'redirect', code: redirect.statusCode, location };
    }
    const backend = pickBackend(rule.backends);
    if (backend?.service === undefined) return { kind: 'refuse', code: 500, why: 'Internal Server Error' };
    const client = clientOf(request, this.#options.isOwn);
    const filters = [...rule.filters, ...backend.filters];
    const exchange = newExchange(request, found, { client, filters, service: backend.service });
    prepare(exchange, { authority, path, search });
    return { kind: 'carry', exchange };
  }

  /**
   * A request that may be repeated goes over a kept connection, and to another endpoint when that fails. Any other gets a connection of its own, made
   * before anything of it is read: until then it can go elsewhere, and no endpoint ends an idle connection under it.
   */
  async #try(exchange: Exchange, response: ServerResponse): Promise<void> {
    const { request } = exchange;
    if (hasBody(request) || !IDEMPOTENT.has(request.method ?? '')) {
      const connection = await this.#connect(exchange);
      if (connection === undefined) return noEndpoint(exchange, response);
      if (isOver(response)) return void connection.socket.destroy();
      return this.#send(exchange, response, connection.options, () => false);
    }
    const endpoint = this.#pick(exchange);
    if (endpoint === undefined) return noEndpoint(exchange, response);
    const options = { target: targetOf(endpoint), agent: this.#options.connections.agent };
    this.#send(exchange, response, options, () => {
      exchange.failed.push(endpoint);
      if (exchange.failed.length >= MOST_TRIES) return false;
      void this.#try(exchange, response);
      return true;
    });
  }

  #send(
    exchange: Exchange,
    response: ServerResponse,
    options: SendOptions,
    elsewhere: (error: Error) => boolean,
  ): void {
    let isOpen = true;
    const forget = this.#waitForAnswer(exchange, response);
    const failed = (error: Error): void => {
      // Both the client's and the endpoint's side may tell of the same failure.
      if (!isOpen) return;
      isOpen = false;
      forget();
      if (response.headersSent) return void response.destroy();
      if (isOver(response) || elsewhere(error)) return;
      answerWith(response, 502, 'Bad Gateway');
    };
    this.#attempt(() => this.#proxy.web(exchange.request, response, options, failed), failed);
  }

  /** Of an answer that has begun more may come, if the node lives after all. Returns how to wait no longer. */
  #waitForAnswer(exchange: Exchange, response: ServerResponse): () => void {
    const { endpoint } = exchange.entry;
    if (endpoint === undefined) return () => {};
    const forget = this.#options.connections.wait(endpoint, () => {
      if (!response.headersSent) exchange.attempt?.destroy(new Error('the endpoint is lost with its node'));
    });
    response.once('close', forget);
    return () => {
      response.off('close', forget);
      forget();
    };
  }

  /** What a client sent may be nothing that can be sent on; the library throws then. */
  #attempt(send: () => void, failed: (error: Error) => void): void {
    try {
      send();
    } catch (error) {
      failed(error as Error);
    }
  }

  async #connect(exchange: Exchange): Promise<{ socket: Socket; options: SendOptions } | undefined> {
    while (exchange.failed.length < MOST_TRIES) {
      const endpoint = this.#pick(exchange);
      if (endpoint === undefined) return undefined;
      try {
        const socket = await this.#options.connections.connect(endpoint);
        return { socket, options: { target: targetOf(endpoint), agent: new OneConnection(socket) } };
      } catch {
        exchange.failed.push(endpoint);
      }
    }
    return undefined;
  }

  #pick({ service, client, failed, entry }: Exchange): Endpoint | undefined {
    entry.endpoint = this.#options.backends.pick(service, client, failed);
    return entry.endpoint;
  }

  /** One line in the access log for each request that a backend was chosen for. */
  #record({ entry, failed }: Exchange, response: ServerResponse): void {
    response.once('close', () => {
      entry.milliseconds = Date.now() - entry.time;
      entry.retries = failed.length;
      entry.status = response.headersSent ? response.statusCode : 0;
      entry.aborted = !response.writableFinished;
      this.#options.access.add(entry);
    });
  }

  #limitTime(exchange: Exchange, response: ServerResponse): void {
    const { requestTimeout, backendTimeout } = exchange.candidate.rule;
    const limits = [requestTimeout, backendTimeout].filter((limit) => limit > 0);
    if (limits.length === 0) return;
    const timer = setTimeout(
      () => {
        answerWith(response, 504, 'Gateway Timeout');
        exchange.attempt?.destroy();
      },
      Math.min(...limits),
    );
    response.once('close', () => clearTimeout(timer));
  }

  /**
   * The library says that a DELETE without a length has no body, and Node frames no body of a GET by itself: what follows would then be read as
   * the next request.
   */
  #frameAgain(request: IncomingMessage): void {
    if (this.#exchanges.get(request)?.isChunked !== true) return;
    delete request.headers['content-length'];
    request.headers['transfer-encoding'] = 'chunked';
  }

  #began(attempt: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchanges.get(request);
    if (exchange === undefined) return;
    if (exchange.attempt === undefined) startMirrors(exchange, this.#options.backends);
    exchange.attempt = attempt;
    request.on('data', (chunk: Buffer) => (exchange.entry.bytesIn += chunk.length));
    // Nobody asked for one, and Node says no more of a request that is answered so.
    attempt.once('upgrade', (_, socket) => {
      socket.destroy();
      answerWith(response, 502, 'Bad Gateway');
    });
    request.prependOnceListener('end', () => {
      if (Object.keys(request.trailers).length > 0 && !attempt.destroyed && !attempt.writableEnded)
        attempt.addTrailers(request.trailers);
    });
  }

  #answered(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchanges.get(request);
    if (exchange === undefined || isOver(response) || response.headersSent) return void answer.destroy();
    if (passOn(answer, response, exchange, this.#draining)) {
      answer.on('data', (chunk: Buffer) => (exchange.entry.bytesOut += chunk.length));
      return;
    }
    answer.destroy();
    answerWith(response, 502, 'Bad Gateway');
  }
}

const targetOf = ({ ip, port }: Endpoint): { host: string; port: number } => ({ host: ip, port });

function noEndpoint({ failed }: Exchange, response: ServerResponse): void {
  if (failed.length === 0) answerWith(response, 503, 'Service Unavailable');
  else answerWith(response, 502, 'Bad Gateway');
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function newExchange(
  request: IncomingMessage,
  { listener, candidate }: Found,
  more: Pick<Exchange, 'client' | 'service'> & { filters: readonly HttpFilter[] },
): Exchange {
  const { namespace, name, port } = more.service;
  const client = joinHostPort(more.client, request.socket.remotePort ?? 0);
  const entry = anEntry('http', `${namespace}/${name}:${port}`, undefined, client);
  entry.method = request.method ?? '';
  entry.path = (request.url ?? '').slice(0, PATH_LIMIT);
  return {
    request,
    listener,
    candidate,
    ...more,
    entry,
    failed: [],
    attempt: undefined,
    isChunked: hasBody(request) && request.headers['content-length'] === undefined,
  };
}

/** Turns the request into the one that the endpoint gets. */
function prepare(
  { request, listener, candidate, client, filters }: Exchange,
  { authority, path, search }: { authority: string; path: string; search: string },
): void {
  const headers = request.headers as Headers;
  const acceptsTrailers = /(^|,)\s*trailers\s*($|,)/i.test(String(headers['te'] ?? ''));
  dropHopByHop(headers);
  if (acceptsTrailers) headers['te'] = 'trailers';
  forwardedHeaders(headers, { client, listener }, authority);
  changeHeaders(headers, filters, 'request-headers');
  const rewrite = filters.find((filter) => filter.type === 'rewrite');
  const host = rewrite?.hostname ?? (headers['host'] as string | undefined) ?? authority;
  headers['host'] = host;
  // The library takes it for the Host of an HTTP/2 request.
  if (headers[':authority'] !== undefined) headers[':authority'] = host;
  request.url = changePath(path, rewrite?.path, candidate) + search;
}
