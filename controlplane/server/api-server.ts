import { createSecureServer } from 'node:http2';
import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from 'node:http2';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS } from 'node:tls';
import type { Logger } from 'pino';
import { type Clock, realClock } from '#api/clock.ts';
import { StatusError } from '#api/status.ts';
import type { Authentication } from '../authentication/authentication.ts';
import type { Aggregation } from '../aggregation/aggregation.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Dialer } from '../dialer.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import { createMetricsCollector } from '../resource-metrics/collector.ts';
import { Exchange } from './exchange.ts';
import { FlowSchemas } from './flow-schemas.ts';
import type { HealthCheck } from './health.ts';
import { ownChecks, Shutdown } from './own-health-checks.ts';
import { Metrics } from './metrics.ts';
import { sendStatus } from './object-encoding.ts';
import { handleRequest } from './request-handler.ts';
import type { ServerContext } from './server-context.ts';
import type { StreamingHandlers } from './streaming.ts';
import { TooBusy, Traffic } from './traffic.ts';
import { handleUpgrade } from './upgrade.ts';

export interface ApiServerOptions {
  readonly registry: Registry;
  readonly authentication: Authentication;
  /** Where the registry keeps its objects. */
  readonly store: Store;
  readonly authorizer: Authorizer;
  readonly tls: {
    /** PEM. */
    readonly key: string;
    readonly cert: string;
    /** Signs the client certificates that count. */
    readonly clientCa: string;
  };
  readonly streaming: StreamingHandlers;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly log: Logger;
  readonly dialer?: Dialer;
  readonly aggregation?: Aggregation;
  readonly clock?: Clock;
  /** Besides the server's own. */
  readonly healthChecks?: readonly HealthCheck[];
}

export interface ApiServer {
  readonly port: number;
  /** Ends watches and connections; resolves when all are closed. */
  close(): Promise<void>;
}

/** Megabytes for one connection: clients multiplex thousands of watches over one, each with unread data waiting. */
const MAX_SESSION_MEMORY = 512;
const MAX_CONCURRENT_STREAMS = 10_000;

/**
 * BusyBox' wget, with which people try the API from a Pod, says nothing of signatures in its TLS 1.2 handshake, which leaves only SHA-1 for
 * them, which OpenSSL refuses above this level. Ciphers and versions are Node's own.
 */
const CIPHERS = `${DEFAULT_CIPHERS}:@SECLEVEL=0`;

const MAX_HEADER_BYTES = 64 * 1024;

/** Milliseconds; the first two are kube-apiserver's for a request's header. */
const SLOW_CLIENTS = {
  handshakeTimeout: 32_000,
  headersTimeout: 32_000,
  requestTimeout: 120_000,
  connectionsCheckingInterval: 5000,
};
/** After this much silence a connection has to answer a ping. */
const SILENCE_MILLISECONDS = 90_000;
const PING_MILLISECONDS = 15_000;

/** Serves the Kubernetes API over HTTPS, HTTP/2 and 1.1. Rejects when it cannot listen. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const clock = options.clock ?? realClock;
  const traffic = new Traffic(clock);
  const shutdown = new Shutdown();
  const context: ServerContext = {
    registry: options.registry,
    authentication: options.authentication,
    authorizer: options.authorizer,
    streaming: options.streaming,
    dialer: options.dialer,
    resourceMetrics:
      options.dialer === undefined ? undefined : createMetricsCollector({ dialer: options.dialer, clock }),
    aggregation: options.aggregation,
    clock,
    log: options.log,
    metrics: new Metrics(options.registry.catalog, options.store, traffic),
    traffic,
    flowSchemas: new FlowSchemas(options.store),
    healthChecks: [...ownChecks(options.store), ...(options.healthChecks ?? []), shutdown],
    watches: new Set(),
  };
  const { key, cert, clientCa } = options.tls;
  const server = createSecureServer({
    allowHTTP1: true,
    key,
    cert,
    ca: clientCa,
    ciphers: CIPHERS,
    requestCert: true,
    // Who shows no certificate, or a wrong one, gets a 401, or the public paths.
    rejectUnauthorized: false,
    maxSessionMemory: MAX_SESSION_MEMORY,
    settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
    ...SLOW_CLIENTS,
  });
  const sockets = serve(server, context);
  await listen(server, options.port, options.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      shutdown.begin();
      return close(server, sockets, context);
    },
  };
}

function serve(server: Http2SecureServer, context: ServerContext): Set<Socket> {
  const { log } = context;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    void serveRequest(context, request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void handleUpgrade(context, request, socket, head);
  });
  server.on('session', dropWhenDead);
  server.on('sessionError', (err) => log.debug({ err }, 'connection failed'));
  server.on('tlsClientError', (err) => {
    context.metrics.countHandshakeError();
    log.debug({ err }, 'TLS handshake failed');
  });
  server.on('error', (err) => log.error({ err }, 'API server failed'));
  return sockets;
}

/** A peer that vanished without a word would otherwise keep its watches, and what waits for it, until they time out. */
function dropWhenDead(session: ServerHttp2Session): void {
  session.setTimeout(SILENCE_MILLISECONDS, () => {
    if (session.closed || session.destroyed) return;
    const cut = setTimeout(() => session.destroy(), PING_MILLISECONDS);
    const keep = (): void => clearTimeout(cut);
    session.once('close', keep);
    session.ping((error) => {
      session.off('close', keep);
      if (error === null) keep();
    });
  });
}

async function serveRequest(
  context: ServerContext,
  request: IncomingMessage | Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  // A client that goes away makes these fail, which nobody needs to hear of.
  request.on('error', () => {});
  response.on('error', () => {});
  const exchange = new Exchange(request, response);
  try {
    await handleRequest(context, exchange);
  } catch (error) {
    await answerError(context, exchange, error);
  }
}

/** The one place where errors become answers. */
async function answerError(context: ServerContext, exchange: Exchange, error: unknown): Promise<void> {
  const isExpected = error instanceof StatusError;
  if (!isExpected) {
    const { method, path } = exchange;
    context.log.error({ err: error, method, path }, 'request failed');
  }
  try {
    if (exchange.response.headersSent) exchange.response.destroy();
    else if (error instanceof TooBusy) await sendTooBusy(exchange, error);
    else await sendStatus(exchange, isExpected ? error : StatusError.internal(messageOf(error)));
  } catch (failure) {
    context.log.debug({ err: failure }, 'answer could not be sent');
  }
}

const sendTooBusy = (exchange: Exchange, { code, message }: TooBusy): Promise<void> =>
  exchange.send(code, 'text/plain; charset=utf-8', `${message}\n`, {
    'retry-after': '1',
    'x-content-type-options': 'nosniff',
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const listen = (server: Http2SecureServer, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Watches end first, so that clients see a clean end and come back. */
function close(server: Http2SecureServer, sockets: Set<Socket>, context: ServerContext): Promise<void> {
  for (const watch of context.watches) watch.end();
  return new Promise((resolve) => {
    server.close(() => resolve());
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_GRACE_MILLISECONDS);
    server.once('close', () => clearTimeout(cut));
  });
}

const CLOSE_GRACE_MILLISECONDS = 200;
