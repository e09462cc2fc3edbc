import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpFilter, HttpListener, HttpService } from '#api/http-routes.ts';
import type { Endpoint } from '../service-port.ts';
import type { AccessEntry } from '../userspace/access-record.ts';
import type { Headers } from './filters.ts';
import type { RequestTarget } from './request-target.ts';
import type { Candidate } from './match.ts';

/** A request that a route has taken, and where it is to go. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly listener: HttpListener;
  readonly candidate: Candidate;
  readonly service: HttpService;
  /** The route's, then the backend's. */
  readonly filters: readonly HttpFilter[];
  readonly client: string;
  /** Endpoints that did not take it. */
  readonly failed: Endpoint[];
  /** The present try. */
  attempt: ClientRequest | undefined;
  /** For the access log. */
  readonly entry: AccessEntry;
  /** A body of unknown length follows. */
  readonly isChunked: boolean;
}

/** Fields that concern one connection only (RFC 9110, 7.6.1), and those that HTTP/2 has no place for. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'http2-settings',
  'expect',
] as const;

/** Takes away what is meant for the next hop only; what `connection` names included. */
export function dropHopByHop(headers: Headers): void {
  const named = headers['connection'];
  if (typeof named === 'string')
    for (const name of named.split(',')) {
      const field = name.trim().toLowerCase();
      // What frames the body is never a client's to take away.
      if (field !== 'content-length' && field !== 'transfer-encoding' && field !== 'host')
        delete headers[field];
    }
  for (const name of HOP_BY_HOP) delete headers[name];
}

/** Whether a body follows, which has to be framed again for the backend. */
export function hasBody(request: IncomingMessage): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true;
  const length = request.headers['content-length'];
  if (length !== undefined) return length !== '0';
  const { stream } = request as IncomingMessage & { stream?: { endAfterHeaders?: boolean } };
  return stream !== undefined && stream.endAfterHeaders !== true;
}

/** The client's address; behind the node's own userspace proxy, as that has it. */
export function clientOf(request: IncomingMessage, isOwn: (address: string) => boolean): string {
  const peer = plainAddress(request.socket.remoteAddress);
  if (!isOwn(peer)) return peer;
  const forwarded = request.headers['x-forwarded-for'];
  const last = typeof forwarded === 'string' ? forwarded.split(',').at(-1)!.trim() : '';
  return /^[0-9a-f:.]{2,45}$/i.test(last) ? plainAddress(last) : peer;
}

const plainAddress = (address: string | undefined): string =>
  (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');

/** Says to the backend who asks, and how (what a client says about itself in these fields is not passed on). */
export function forwardedHeaders(
  headers: Headers,
  { client, listener }: Pick<Exchange, 'client' | 'listener'>,
  authority: string,
): void {
  headers['x-forwarded-for'] = client;
  headers['x-real-ip'] = client;
  headers['x-forwarded-proto'] = listener.protocol === 'HTTPS' ? 'https' : 'http';
  headers['x-forwarded-host'] = authority;
  headers['x-forwarded-port'] = String(listener.port);
  delete headers['forwarded'];
}

/** The Host field as the client sent it. */
export const authorityOf = (request: IncomingMessage, target: RequestTarget | undefined): string =>
  target?.authority ?? (request.headers[':authority'] as string | undefined) ?? request.headers.host ?? '';

/** Whether nothing more can be said: the client is gone, or has all. HTTP/2's responses know that of their stream. */
export const isOver = (response: ServerResponse): boolean =>
  response.destroyed ||
  response.writableEnded ||
  (response as unknown as { stream?: { destroyed: boolean } }).stream?.destroyed === true;

/** An answer of podlab's own. */
export function answerWith(
  response: ServerResponse,
  code: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (isOver(response)) return;
  if (response.headersSent) return void response.destroy();
  try {
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
  } catch {
    // A location that is no header value, made of what the client sent.
    response.destroy();
  }
}

/** The same on a connection that asked for an upgrade. */
export function refuseUpgrade(socket: Socket, code: number, reason: string): void {
  if (socket.destroyed) return;
  const body = `${reason}\n`;
  socket.end(
    `HTTP/1.1 ${code} ${reason}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
