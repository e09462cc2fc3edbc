import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { Carrier, type CarrierOptions } from './carrier.ts';
import { type Certificates, MINIMUM_TLS } from './certificates.ts';
import { hasBody } from './exchange.ts';
import type { PortRoutes } from './routing-table.ts';

/** Milliseconds in which a request's head has to be there, from the first byte on. */
const HEAD_TIMEOUT = 15_000;
/** Milliseconds that a client may keep silent in the middle of a request's body. */
const BODY_TIMEOUT = 60_000;
/** Longer than clients keep idle connections, so that it is they who close them. */
const KEEP_ALIVE = 75_000;
const HANDSHAKE_TIMEOUT = 10_000;
const CHECK_EVERY = 5000;
const MOST_HEADER_BYTES = 32 * 1024;
const MOST_CONNECTIONS = 10_000;
const MOST_STREAMS = 128;
/** Milliseconds in which open requests may end when a port is withdrawn. */
const DRAIN_TIMEOUT = 30_000;

export interface PortListenerOptions extends Omit<CarrierOptions, 'routes'> {
  readonly bindPort: number;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly routes: () => PortRoutes | undefined;
  readonly certificates: Certificates;
  readonly log: Logger;
}

/** A port on which this node takes HTTP, and its connections. */
export class PortListener {
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly #options: PortListenerOptions;
  readonly #carrier: Carrier;
  readonly #server: Server | Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  #shown: string | undefined;

  private constructor(options: PortListenerOptions) {
    this.#options = options;
    this.protocol = options.protocol;
    this.#carrier = new Carrier(options);
    this.#server = options.protocol === 'HTTP' ? plainServer() : secureServer(options);
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#follow();
  }

  /** Rejects when the port cannot be had. */
  static async listen(options: PortListenerOptions): Promise<PortListener> {
    const listener = new PortListener(options);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject);
      listener.#server.listen(options.bindPort, () => {
        listener.#server.off('error', reject);
        resolve();
      });
    });
    listener.#server.on('error', (err) => options.log.error({ err }, 'an HTTP port failed'));
    return listener;
  }

  /** The port itself, where it was chosen by the system. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Shows the certificate that is the default now to those who name no server. */
  refreshCertificate(): void {
    if (this.protocol !== 'HTTPS') return;
    const keyPair = this.#options.certificates.defaultKeyPair(this.#options.routes());
    if (keyPair.cert === this.#shown) return;
    this.#shown = keyPair.cert;
    try {
      (this.#server as Http2SecureServer).setSecureContext({ ...keyPair, minVersion: MINIMUM_TLS });
    } catch (err) {
      this.#options.log.error({ err }, 'cannot use the default certificate');
    }
  }

  /** Takes no more connections; resolves when those that there are have ended, or had their time. */
  async close(drainMilliseconds = DRAIN_TIMEOUT): Promise<void> {
    this.#carrier.drain();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if ('closeIdleConnections' in this.#server) this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, drainMilliseconds);
    await closed;
    clearTimeout(timer);
  }

  #follow(): void {
    const server = this.#server as Server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      limitSilence(request);
      response.on('error', () => response.destroy());
      this.#carrier.carry(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      this.#carrier.upgrade(request, socket as Socket, head).catch(() => socket.destroy());
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'HPE_HEADER_OVERFLOW' && !socket.destroyed && socket.writable)
        socket.end('HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n');
      else if (error.code?.startsWith('HPE_') === true && socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
      else socket.destroy();
    });
    // A handshake that failed is the client's affair.
    server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
    server.on('sessionError', () => {});
    // Over HTTP/2 nobody else ends what is idle; streams that are open end first.
    server.on('session', (session: ServerHttp2Session) =>
      session.setTimeout(KEEP_ALIVE, () => session.close()),
    );
  }
}

/** Only WebSockets are more than a request; other offers to upgrade (h2c) may be passed over (RFC 9110, 7.8). */
const shouldUpgradeCallback = (request: { headers: { upgrade?: string | undefined } }): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket';

const LIMITS = {
  maxHeaderSize: MOST_HEADER_BYTES,
  headersTimeout: HEAD_TIMEOUT,
  // A body may take as long as it comes; silence in it is another matter.
  requestTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE,
  connectionsCheckingInterval: CHECK_EVERY,
  noDelay: true,
};

const plainServer = (): Server => createServer({ ...LIMITS, shouldUpgradeCallback });

function secureServer({ certificates, routes }: PortListenerOptions): Http2SecureServer {
  const server = createSecureServer({
    allowHTTP1: true,
    minVersion: MINIMUM_TLS,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    SNICallback(serverName: string, done: (error: Error | null, context?: SecureContext) => void) {
      done(null, certificates.contextFor(routes(), serverName));
    },
    settings: {
      maxConcurrentStreams: MOST_STREAMS,
      maxHeaderListSize: MOST_HEADER_BYTES,
      enableConnectProtocol: false,
    },
    ...LIMITS,
    ...certificates.defaultKeyPair(routes()),
  });
  // Over TLS, Node takes this one by no option.
  return Object.assign(server, { shouldUpgradeCallback });
}

/** Ends a connection whose client stops in the middle of a body; not one that waits because the backend does not read. */
function limitSilence(request: IncomingMessage): void {
  if (request.httpVersionMajor !== 1 || !hasBody(request)) return;
  const { socket } = request;
  let seen = socket.bytesRead;
  const timer = setInterval(() => {
    if (socket.bytesRead === seen && request.readableLength === 0) socket.destroy();
    seen = socket.bytesRead;
  }, BODY_TIMEOUT);
  timer.unref();
  for (const event of ['end', 'close']) request.once(event, () => clearInterval(timer));
}
