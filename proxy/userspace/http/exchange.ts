import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Endpoint } from '../../service-port.ts';
import type { AccessLog } from '../access-log.ts';
import { AccessEntry, PATH_LIMIT } from '../access-record.ts';
import type { Backend, Scope } from '../backend.ts';
import { CONNECT_TIMEOUT, LAST_CONNECT_TIMEOUT } from '../dial.ts';
import { requestHead } from './request-head.ts';
import type { ResponseHead } from './response-head.ts';
import type { Upstream, UpstreamUser } from './upstream.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** Where a client's connection came in. */
export interface Ticket {
  readonly backend: Backend;
  readonly scope: Scope;
  /** Its address, kept since a closed socket does not know it. */
  readonly client: string;
  /** Its address and port. */
  readonly from: string;
}

export interface Carrier {
  readonly pool: UpstreamPool;
  readonly access: AccessLog;
  /** Clients are asked to end their connections. */
  readonly draining: boolean;
  /** Has http-proxy send the exchange to its endpoint. */
  dispatch(exchange: Exchange, response: CarriedResponse): void;
}

const MOST_TRIES = 4;
/** Bytes of a body that is cheaper to copy than to be sent apart. */
const SMALL = 16_384;
const CHUNK_END = '\r\n';

/** A response that knows what it is the answer to, so that its listeners need no closures. */
export class CarriedResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  exchange: Exchange | undefined;
}

/** One request, from the client's to the last byte of its answer. */
export class Exchange implements UpstreamUser {
  readonly request: IncomingMessage;
  readonly #response: CarriedResponse;
  readonly #carrier: Carrier;
  readonly #ticket: Ticket;
  readonly #started = Date.now();
  readonly #failed: Endpoint[] = [];
  readonly #chunked: boolean;
  readonly #hasBody: boolean;
  #endpoint: Endpoint | undefined;
  #upstream: Upstream | undefined;
  #bodyBegun = false;
  #retries = 0;
  #error: Error | undefined;
  #mayReuse = true;
  /** An answer was given, to its end or not. */
  #closed = false;
  #waitsForDrain = false;
  #unflushed = false;
  #idleSeconds: number | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  #status = 0;

  constructor(request: IncomingMessage, response: CarriedResponse, ticket: Ticket, carrier: Carrier) {
    this.request = request;
    this.#response = response;
    this.#ticket = ticket;
    this.#carrier = carrier;
    const { headers } = request;
    this.#chunked = headers['transfer-encoding'] !== undefined;
    this.#hasBody = this.#chunked || (headers['content-length'] ?? '0') !== '0';
    response.exchange = this;
    response.on('close', onClose).on('error', ignore);
  }

  /** As http-proxy's targets name them. */
  get host(): string {
    return this.#endpoint?.ip ?? '';
  }

  get port(): number {
    return this.#endpoint?.port ?? 0;
  }

  /** Picks an endpoint that did not fail yet. */
  begin(): void {
    const { backend, scope, client } = this.#ticket;
    this.#endpoint = this.#failed.length < MOST_TRIES ? backend.pick(client, scope, this.#failed) : undefined;
    if (this.#endpoint !== undefined) return this.#carrier.dispatch(this, this.#response);
    const error = this.#error;
    if (error === undefined) this.#refuse(503, 'the Service has no endpoints');
    else this.#refuse(statusOf(error), error.message);
  }

  /** Sends the request to the endpoint that was picked. */
  send(): void {
    const endpoint = this.#endpoint!;
    const safe = isIdempotent(this.request) && !this.#hasBody;
    const { pool } = this.#carrier;
    const idle = this.#mayReuse ? pool.take(endpoint, safe, this.#started) : undefined;
    const upstream = idle ?? pool.connect(endpoint, this.#connectTimeout(endpoint));
    this.#upstream = upstream;
    upstream.start(this, requestHead(this.request, this.#ticket.client));
    // Of a body nothing is taken before there is somebody to give it to, so that another endpoint may have it.
    if (!this.#hasBody) upstream.endRequest();
    else if (upstream.isConnected) this.#beginBody();
  }

  #refuse(status: number, why: string): void {
    const response = this.#response;
    if (this.#closed) return;
    if (response.headersSent) return void response.destroy();
    this.#status = status;
    // What is left of the request would have to be read first.
    if (!this.request.complete && this.#hasBody) response.shouldKeepAlive = false;
    const body = `podlab proxy: ${why}\n`;
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, STATUS_CODES[status], headers);
    response.end(this.request.method === 'HEAD' ? undefined : body);
  }

  connected(): void {
    if (this.#hasBody && !this.#bodyBegun) this.#beginBody();
  }

  informational({ status, headers }: ResponseHead): void {
    if (this.#closed || this.request.httpVersionMinor === 0) return;
    if (status === 100 && this.request.headers.expect !== undefined) this.#response.writeContinue();
    if (status === 102) this.#response.writeProcessing();
    if (status === 103) this.#response.writeEarlyHints(toHints(headers));
  }

  head({ status, message, headers, idleSeconds }: ResponseHead): void {
    if (this.#closed) return;
    const response = this.#response;
    this.#status = status;
    this.#idleSeconds = idleSeconds;
    // A client that was not told to go on may keep its body back; its next bytes could be either.
    if (
      this.#carrier.draining ||
      (this.#hasBody && this.request.headers.expect !== undefined && this.#bytesIn === 0)
    )
      response.shouldKeepAlive = false;
    response.writeHead(status, message, withoutTrailer(headers, response));
    this.#unflushed = true;
  }

  body(bytes: Buffer, start: number, end: number, last: boolean): void {
    if (this.#closed || this.#response.destroyed) return;
    this.#unflushed = false;
    this.#bytesOut += end - start;
    // As text it goes out with the headers in one write, which costs less than to have the kernel gather two pieces.
    if (last && end - start <= SMALL)
      return void this.#response.end(bytes.toString('latin1', start, end), 'latin1');
    const chunk = Buffer.copyBytesFrom(bytes, start, end - start);
    if (last) this.#response.end(chunk);
    else if (!this.#response.write(chunk)) this.#waitForDrain();
  }

  end(trailers: readonly string[]): void {
    const upstream = this.#upstream;
    upstream?.endResponse(this.#idleSeconds);
    // The next request's answer does not wait for this one's client.
    if (this.#waitsForDrain) upstream?.resume();
    this.#upstream = undefined;
    if (this.#closed || this.#response.writableEnded) return;
    if (trailers.length > 0 && this.#response.chunkedEncoding) this.#response.addTrailers(toPairs(trailers));
    this.#response.end();
  }

  /** Headers go out before there is a body: an event stream may be silent for long. */
  flush(): void {
    if (!this.#unflushed || this.#closed) return;
    this.#unflushed = false;
    this.#response.flushHeaders();
  }

  drained(): void {
    this.request.resume();
  }

  failed(error: Error, upstream: Upstream): void {
    this.#upstream = undefined;
    if (this.#closed) return;
    this.#error = error;
    // The client must not take a half for the whole.
    if (this.#response.headersSent) return void this.#response.destroy();
    if (!this.#mayTryAgain(upstream)) return this.#refuse(statusOf(error), error.message);
    this.#retries++;
    this.#mayReuse = false;
    // A connection that was idle for a while says nothing about the endpoint.
    if (upstream.served > 0) return this.#carrier.dispatch(this, this.#response);
    this.#failed.push(this.#endpoint!);
    this.begin();
  }

  /** The response was given, or the client left. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    const aborted = !this.#response.writableFinished;
    this.#upstream?.destroy();
    this.#upstream = undefined;
    this.#tell(aborted);
  }

  /** What the endpoint cannot have acted on, or may act on twice. */
  #mayTryAgain(upstream: Upstream): boolean {
    if (this.#bodyBegun) return false;
    return !upstream.isConnected || isIdempotent(this.request);
  }

  #connectTimeout(endpoint: Endpoint): number {
    const { backend, scope } = this.#ticket;
    return backend.hasOther(scope, [...this.#failed, endpoint]) ? CONNECT_TIMEOUT : LAST_CONNECT_TIMEOUT;
  }

  #beginBody(): void {
    this.#bodyBegun = true;
    this.request
      .on('data', (chunk: Buffer) => this.#sendChunk(chunk))
      .on('end', () => this.#endBody())
      .on('error', ignore);
  }

  #sendChunk(chunk: Buffer): void {
    this.#bytesIn += chunk.length;
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    if (!this.#chunked) return upstream.write(chunk) ? undefined : void this.request.pause();
    upstream.cork();
    upstream.write(`${chunk.length.toString(16)}\r\n`);
    upstream.write(chunk);
    const more = upstream.write(CHUNK_END);
    upstream.uncork();
    if (!more) this.request.pause();
  }

  #endBody(): void {
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    if (this.#chunked) upstream.write(`0\r\n${trailerLines(this.request.rawTrailers)}\r\n`);
    upstream.endRequest();
  }

  #waitForDrain(): void {
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    const upstream = this.#upstream;
    upstream?.pause();
    this.#response.once('drain', () => {
      this.#waitsForDrain = false;
      if (upstream === this.#upstream) upstream?.resume();
    });
  }

  #tell(aborted: boolean): void {
    const { backend, from } = this.#ticket;
    const { method = '', url = '' } = this.request;
    ENTRY.time = this.#started;
    ENTRY.client = from;
    ENTRY.service = backend.title;
    ENTRY.endpoint = this.#endpoint;
    ENTRY.method = method;
    ENTRY.path = url.length > PATH_LIMIT ? url.slice(0, PATH_LIMIT) : url;
    ENTRY.status = this.#status;
    ENTRY.bytesIn = this.#bytesIn;
    ENTRY.bytesOut = this.#bytesOut;
    ENTRY.milliseconds = Date.now() - this.#started;
    ENTRY.retries = this.#retries;
    ENTRY.aborted = aborted;
    this.#carrier.access.add(ENTRY);
  }
}

/** One for all, because it is copied at once. */
const ENTRY = new AccessEntry();

function onClose(this: CarriedResponse): void {
  this.exchange?.closed();
}

/** Broken connections are heard of by `close`. */
const ignore = (): void => {};

/** RFC 9110, 9.2.2; of PUT and DELETE the body would have to be kept. */
function isIdempotent({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}

const statusOf = (error: NodeJS.ErrnoException): number => (error.code === 'ETIMEDOUT' ? 504 : 502);

/** Trailers go by chunks only, which clients of HTTP/1.0 do not know. */
function withoutTrailer(headers: string[], response: CarriedResponse): string[] {
  if (response.useChunkedEncodingByDefault || headers.at(-2) !== 'Trailer') return headers;
  return headers.slice(0, -2);
}

function toHints(headers: readonly string[]): { link: string[] } & Record<string, string | string[]> {
  const hints: { link: string[] } & Record<string, string | string[]> = { link: [] };
  for (const [name, value] of toPairs(headers))
    if (name.toLowerCase() === 'link') hints.link.push(value);
    else hints[name] = value;
  return hints;
}

const toPairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);

const trailerLines = (raw: readonly string[]): string =>
  toPairs(raw)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
