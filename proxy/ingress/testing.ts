import { type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import pino from 'pino';
import { realClock } from '#api/clock.ts';
import type { HttpListener, HttpRoute, HttpRule } from '#api/http-routes.ts';
import { aService, aSlice } from '../testing/objects.ts';
import { AccessLog } from '../userspace/access-log.ts';
import { ClusterState } from '../state/cluster-state.ts';
import { HttpDataPlane } from './start.ts';

/** For tests: a listener, valid and then changed. */
export const aListener = (changes: Partial<HttpListener> = {}): HttpListener => ({
  kind: 'listener',
  name: 'ingress/http',
  bindPort: 29_080,
  port: 80,
  protocol: 'HTTP',
  hostname: '',
  wildcard: 'one-label',
  certificates: [],
  ...changes,
});

export const aRoute = (
  name: string,
  rules: readonly HttpRule[],
  changes: Partial<HttpRoute> = {},
): HttpRoute => ({
  kind: 'route',
  name,
  created: 0,
  rules,
  certificates: [],
  ...changes,
});

/** A rule for one host and prefix, to one Service of the namespace `default`, named as in `web` or `web:81`. */
export function aRule(
  host: string,
  prefix: string,
  backend: string,
  changes: Partial<HttpRule> = {},
): HttpRule {
  const [name = '', port = '80'] = backend.split(':');
  return {
    attachments: [{ listener: 'ingress/http', hosts: [host] }],
    matches: [{ path: { type: 'Prefix', value: prefix }, headers: [], query: [] }],
    filters: [],
    backends: [{ weight: 1, service: { namespace: 'default', name, port: Number(port) }, filters: [] }],
    requestTimeout: 0,
    backendTimeout: 0,
    ...changes,
  };
}

/** A port that nobody listens on, for now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const listening = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

export interface DataPlaneLab {
  readonly dataPlane: HttpDataPlane;
  readonly state: ClusterState;
  readonly access: AccessLog;
  /** Makes a Service of the namespace `default` whose endpoints listen on these ports of 127.0.0.1. */
  serve(service: string, ...ports: number[]): void;
}

export function startLab(): DataPlaneLab {
  const state = new ClusterState();
  const log = pino({ level: 'silent' });
  const access = new AccessLog(log);
  const dataPlane = new HttpDataPlane({ access, state, nodeName: 'node1', clock: realClock, log });
  return {
    dataPlane,
    state,
    access,
    serve(service, ...ports) {
      state.upsert(aService(service));
      // A slice for each: their ports differ, as those of no ordinary Service do.
      ports.forEach((port, index) =>
        state.upsert(
          aSlice(
            service,
            [{ ip: '127.0.0.1' }],
            [{ name: '', protocol: 'TCP', port }],
            `${service}-${index}`,
          ),
        ),
      );
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
}

/** One request over a connection of its own. */
export function ask(options: RequestOptions & { body?: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          trailers: response.trailers,
        }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(options.body);
  });
}
