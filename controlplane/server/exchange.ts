import { randomUUID } from 'node:crypto';
import { constants, gzip } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { ApiRequest } from './api-request.ts';
import type { AnyRequest, AnyResponse } from './streaming.ts';

const gzipAsync = promisify(gzip);

/** apiserver's `defaultGzipThresholdBytes` and `defaultGzipContentEncodingLevel`. */
const GZIP_THRESHOLD_BYTES = 128 * 1024;
const GZIP_LEVEL = 1;

/** As apiserver's `warning.go`: clients and proxies take headers of a few kilobytes. */
const MAX_WARNINGS_LENGTH = 4096;
const MAX_TRUNCATED_WARNING_LENGTH = 256;

/** One request and its response. */
export class Exchange extends ApiRequest {
  readonly response: ServerResponse;
  readonly #warnings: string[] = [];

  constructor(request: AnyRequest, response: AnyResponse) {
    super(request);
    // The two classes answer alike; their common type cannot be called.
    this.response = response as ServerResponse;
  }

  /** Adds a `Warning: 299` header to the answer, each text once, as far as there is room for them. */
  readonly warn = (text: string): void => {
    if (this.#warnings.includes(text)) return;
    const room = MAX_WARNINGS_LENGTH - this.#warnings.join('').length;
    const fitting = text.length <= room ? text : text.slice(0, MAX_TRUNCATED_WARNING_LENGTH);
    if (fitting.length <= room) this.#warnings.push(fitting);
  };

  /** Whether people read the answer: asked by parameter, or a browser or curl (apiserver's `isPrettyPrint`). */
  get pretty(): boolean {
    const asked = this.query.get('pretty');
    if (asked !== null) return asked !== '0' && asked !== 'false';
    return /^(curl|Wget|Mozilla\/5\.0)/.test(this.header('user-agent') ?? '');
  }

  writeHead(status: number, headers: Record<string, string> = {}): void {
    const { response } = this;
    response.statusCode = status;
    response.setHeader('audit-id', randomUUID());
    response.setHeader('cache-control', 'no-cache, private');
    // One header for all: clients limit how many headers they take.
    if (this.#warnings.length > 0) {
      response.setHeader('warning', this.#warnings.map(warningHeader).join(', '));
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }

  /** Sends a whole answer, compressed when it is large and the client takes that. */
  async send(
    status: number,
    contentType: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<void> {
    if (this.response.headersSent || this.response.destroyed) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const compresses = bytes.length >= GZIP_THRESHOLD_BYTES && this.#takesGzip();
    const sent = compresses
      ? await gzipAsync(bytes, { level: GZIP_LEVEL, strategy: constants.Z_DEFAULT_STRATEGY })
      : bytes;
    if (this.response.headersSent || this.response.destroyed) return;
    this.writeHead(status, {
      'content-type': contentType,
      ...(compresses ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
      'content-length': String(sent.length),
      ...headers,
    });
    if (this.method === 'HEAD') this.response.end();
    else this.response.end(sent);
  }

  #takesGzip(): boolean {
    return /\bgzip\b/.test(this.header('accept-encoding') ?? '');
  }

  sendJson(status: number, value: unknown, headers: Record<string, string> = {}): Promise<void> {
    return this.send(status, 'application/json', toJson(value, this.pretty), headers);
  }
}

const toJson = (value: unknown, pretty: boolean): string =>
  pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value);

/** RFC 7234 5.5 as apimachinery's `NewWarningHeader`: quoted, without control characters; other bytes as UTF-8. */
function warningHeader(text: string): string {
  const quoted = text.replace(/\p{Cc}/gu, ' ').replace(/["\\]/g, (character) => `\\${character}`);
  return `299 - "${Buffer.from(quoted).toString('latin1')}"`;
}
