import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { Answer } from './answers.ts';

/** Checks are short and few; whoever keeps more connections open is none. */
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8_192;
/** Milliseconds. */
const REQUEST_TIMEOUT = 5_000;

/**
 * Answers HTTP requests on a port of `host`, or else of all the node's addresses, of both IP families where the node has both. Undefined is answered
 * with 404. Rejects when the port is taken.
 */
export async function listenForChecks(
  port: number,
  answer: (path: string) => Answer | undefined,
  host?: string,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: REQUEST_TIMEOUT,
    headersTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: REQUEST_TIMEOUT,
    connectionsCheckingInterval: REQUEST_TIMEOUT,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request, response) => {
    const { status, headers, body } = answer(pathOf(request)) ?? NOT_FOUND;
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
    // Nobody reads what a request may carry.
    request.resume();
  });
  // Without a host: `::` where there is IPv6, which takes IPv4 as well, and 0.0.0.0 elsewhere.
  server.listen({ port, ...(host === undefined ? {} : { host }) });
  await once(server, 'listening');
  server.on('error', () => undefined);
  return { port: portOf(server), close: () => close(server) };
}

const NOT_FOUND = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: '404 page not found\n',
} as const;

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0]!;

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
