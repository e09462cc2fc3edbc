import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { PodManager } from '../pods/pod-manager.ts';
import { summary, type SummaryOptions } from './summary.ts';

export interface KubeletServer {
  /** One connection to it, for a stream of the control plane to carry. It listens nowhere. */
  connect(): Duplex;
  close(): void;
}

export interface KubeletServerOptions extends SummaryOptions {
  readonly log: Logger;
  /** Further pages by their path, whose answers are sent as JSON. */
  readonly pages?: ReadonlyMap<string, (query: URLSearchParams) => unknown>;
}

/**
 * What a kubelet's port answers and podlab knows: `/healthz`, `/pods`, `/stats/summary`, and the pages that are given. The API server has
 * authorized the request.
 */
export function createKubeletServer(options: KubeletServerOptions): KubeletServer {
  const { log, pods } = options;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.debug({ err: error, path: request.url }, 'a request to the kubelet failed');
      if (response.headersSent) return void response.destroy();
      send(
        response,
        500,
        'text/plain; charset=utf-8',
        error instanceof Error ? error.message : String(error),
      );
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query] = request.url?.split('?') ?? [];
    const page = options.pages?.get(path);
    const served = page !== undefined || path === '/healthz' || path === '/pods' || path === '/stats/summary';
    if (!served) return send(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(response, 405, 'text/plain; charset=utf-8', '405: Method Not Allowed');
    if (path === '/healthz') return send(response, 200, 'text/plain; charset=utf-8', 'ok');
    const body =
      page?.(new URLSearchParams(query)) ?? (path === '/pods' ? podList(pods) : await summary(options));
    send(response, 200, 'application/json', JSON.stringify(body));
  }

  return {
    connect() {
      const [ours, theirs] = duplexPair();
      server.emit('connection', ours);
      return theirs;
    },
    close: () => server.closeAllConnections(),
  };
}

const podList = (pods: Pick<PodManager, 'list'>): object => ({
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: {},
  items: pods.list().map(({ pod }) => pod),
});

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
