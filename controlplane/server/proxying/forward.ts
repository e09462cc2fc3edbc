import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createDeflate, createGunzip, createGzip, createInflateRaw } from 'node:zlib';
import { StatusError } from '#api/status.ts';
import type { ApiRequest } from '../api-request.ts';
import { admitConnection } from '../connect-admission.ts';
import type { Exchange } from '../exchange.ts';
import type { ResourceRequest, ServerContext } from '../server-context.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import { locate, type Location } from './location.ts';
import { HtmlLinks, type LinkRewrite, rewriteLink } from './rewrite.ts';

/** `proxy` of a Pod, Service or Node, as apimachinery's `UpgradeAwareHandler` serves it: streaming both ways. */
export async function serveProxy(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route } = request;
  await admitConnection(context, request, exchange.warn);
  const location = await locate(context, route);
  if (route.proxyPath === '' && (exchange.method === 'GET' || exchange.method === 'HEAD')) {
    // Relative links of a page need the slash.
    exchange.writeHead(301, { location: `${exchange.path}/${queryOf(exchange)}` });
    exchange.response.end();
    return;
  }
  const socket = await connectTo(location);
  const answer = await ask(exchange, outgoing(exchange, location, socket, route.proxyPath ?? ''));
  await passOn(exchange, answer, {
    prepend: prefixOf(exchange.path, route.proxyPath ?? ''),
    hosts: [location.host, hostOf(exchange)],
  });
}

const queryOf = ({ request }: ApiRequest): string => /\?.*$/s.exec(request.url ?? '')?.[0] ?? '';

const hostOf = ({ request: { headers } }: ApiRequest): string =>
  String(headers[':authority'] ?? headers.host ?? '');

/** The path of the proxy itself, of which the backend knows nothing. */
const prefixOf = (path: string, proxyPath: string): string =>
  path.endsWith(proxyPath) ? path.slice(0, path.length - proxyPath.length) : path;

/** A connection to the backend; with https nothing is asked of its certificate, as in Kubernetes' `ProxyTLSClientConfig`. */
export async function connectTo(location: Location): Promise<Duplex> {
  const socket = await location.connect();
  if (location.scheme === 'http') return socket;
  return new Promise((resolve, reject) => {
    const tls = connectTls({ socket, rejectUnauthorized: false });
    tls.once('secureConnect', () => resolve(tls));
    tls.once('error', (error) => {
      socket.destroy();
      reject(unreachable(error));
    });
  });
}

export function outgoing(
  exchange: ApiRequest,
  location: Location,
  socket: Duplex,
  path: string,
  headers: Record<string, string> = {},
): ClientRequest {
  return httpRequest({
    method: exchange.method,
    path: `${path === '' ? '/' : path}${queryOf(exchange)}`,
    headers: { ...requestHeaders(exchange.request, location.host, exchange.path), ...headers },
    createConnection: () => socket,
    setHost: false,
  });
}

export const unreachable = (error: Error): StatusError =>
  new StatusError('ServiceUnavailable', `error trying to reach service: ${inGoWords(error)}`);

function inGoWords(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET' && error.message === 'socket hang up') return 'EOF';
  if (error.code?.startsWith('HPE_') === true)
    return `net/http: HTTP/1.x transport connection broken: malformed HTTP response`;
  return error.message;
}

/** Whether a body follows, which HTTP/2 need not say in a header. */
export function hasBody({ request }: ApiRequest): boolean {
  if ('stream' in request) return !request.stream.endAfterHeaders;
  return (
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  );
}

/** Sends the request with its body; resolves with the head of the answer. */
function ask(exchange: Exchange, sent: ClientRequest): Promise<IncomingMessage> {
  exchange.response.once('close', () => sent.destroy());
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Kept for the request's life: a backend may break off after it has begun to answer.
    sent.on('error', (error) => reject(unreachable(error)));
    if (!hasBody(exchange)) return void sent.end();
    if (exchange.header('content-length') === undefined) sent.setHeader('transfer-encoding', 'chunked');
    pipeline(exchange.request as Readable, sent, () => undefined);
  });
}

/** Writes the answer to the client as it comes; resolves when it is written or either side is gone. */
function passOn(exchange: Exchange, answer: IncomingMessage, rewrite: LinkRewrite): Promise<void> {
  const { response } = exchange;
  exchange.writeHead(answer.statusCode ?? 502);
  response.removeHeader('cache-control');
  for (const [name, value] of responseHeaders(answer.headers)) response.setHeader(name, value);
  const { location } = answer.headers;
  if (location !== undefined) response.setHeader('location', rewriteLink(location, rewrite));
  const stages = location === undefined ? htmlStages(answer, rewrite) : [];
  if (stages.length > 0) response.removeHeader('content-length');
  response.flushHeaders();
  return new Promise((resolve) => {
    pipeline([answer, ...stages, response], () => resolve());
  });
}

function htmlStages({ headers }: IncomingMessage, rewrite: LinkRewrite): NodeJS.ReadWriteStream[] {
  if (headers['content-type']?.split(';')[0]?.trim() !== 'text/html') return [];
  switch (headers['content-encoding']) {
    case undefined:
      return [new HtmlLinks(rewrite)];
    case 'gzip':
      return [createGunzip(), new HtmlLinks(rewrite), createGzip()];
    case 'deflate':
      return [createInflateRaw(), new HtmlLinks(rewrite), createDeflate()];
    default:
      return [];
  }
}
