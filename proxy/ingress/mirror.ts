import { request as httpRequest } from 'node:http';
import type { HttpFilter } from '#api/http-routes.ts';
import type { Backends } from './backends.ts';
import { type Exchange, hasBody } from './exchange.ts';

type Mirror = Extract<HttpFilter, { type: 'mirror' }>;

/** Milliseconds in which a mirror has to answer; nobody waits for what it says. */
const MIRROR_TIMEOUT = 10_000;
/** Bytes that a mirror may be behind: then it gets no more, because the request must not wait for it. */
const MOST_BEHIND = 1024 * 1024;

/** Sends copies of a request that begins to be sent, without regard to what becomes of them (HTTPRequestMirrorFilter). */
export function startMirrors(
  exchange: Exchange,
  backends: Backends,
  random: () => number = Math.random,
): void {
  for (const filter of exchange.filters)
    if (filter.type === 'mirror' && random() * filter.denominator < filter.numerator)
      mirror(exchange, filter, backends);
}

function mirror(exchange: Exchange, { service }: Mirror, backends: Backends): void {
  const { request, isChunked } = exchange;
  const endpoint = backends.pick(service, exchange.client, []);
  if (endpoint === undefined) return;
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !name.startsWith(':')),
  );
  delete headers['trailer'];
  const copy = httpRequest({
    host: endpoint.ip,
    port: endpoint.port,
    method: request.method,
    path: request.url,
    headers: { ...headers, ...(isChunked ? { 'transfer-encoding': 'chunked' } : {}), connection: 'close' },
    agent: false,
    timeout: MIRROR_TIMEOUT,
  });
  copy.on('timeout', () => copy.destroy());
  copy.on('error', () => copy.destroy());
  copy.on('response', (answer) => answer.resume());
  if (!hasBody(request)) return void copy.end();
  request.on('data', (chunk: Buffer) => {
    if (copy.destroyed) return;
    copy.write(chunk);
    if (copy.writableLength > MOST_BEHIND) copy.destroy();
  });
  request.once('end', () => copy.end());
  request.once('close', () => {
    if (!request.complete) copy.destroy();
  });
}
