import { connect } from 'node:http2';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { realClock } from '#api/clock.ts';
import { resourceOf, type Resource } from '#api/resources.ts';
import { createAuthentication } from '../authentication/authentication.ts';
import type { Aggregation } from '../aggregation/aggregation.ts';
import { addDefaultRoles } from '../controllers/bootstrap/rbac/testing.ts';
import { rbacAuthorizer } from '../authorization/rbac.ts';
import type { Client } from '../client.ts';
import type { Dialer } from '../dialer.ts';
import { loadPki, type Pki } from '../pki/pki.ts';
import { createClient } from '../registry/client.ts';
import { createRegistry } from '../registry/create-registry.ts';
import type { WriteOptions } from '../registry/registry.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { StreamingHandlers } from './streaming.ts';

/** A server on a free port of 127.0.0.1 over a store in memory, with the default roles, the namespace `default` and its ServiceAccount, and ways to ask it. For tests. */
export interface ServerFixture {
  readonly server: ApiServer;
  readonly store: MemoryStore;
  /** PEM. */
  readonly ca: string;
  readonly admin: { readonly key: string; readonly cert: string };
  /** One request as the administrator over HTTP/2. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  stop(): Promise<void>;
}

interface AskOptions {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly anonymous?: boolean;
}

export interface Answer {
  readonly code: number;
  readonly headers: Record<string, unknown>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The parsed body, when it is JSON. */
  readonly body: Record<string, unknown>;
}

const NO_STREAMING: StreamingHandlers = {
  log: () => Promise.reject(new Error('no node is connected')),
  upgrade: () => Promise.reject(new Error('no node is connected')),
};

const WRITE: WriteOptions = {
  user: { name: 'admin', groups: ['system:masters'] },
  dryRun: false,
  fieldManager: 'test',
  fieldValidation: 'Strict',
  warn: () => undefined,
};

export async function startFixture(
  streaming: StreamingHandlers = NO_STREAMING,
  dialer?: Dialer,
  served: readonly Resource[] = [],
  aggregationOf?: (client: Client, frontProxy: Pki['frontProxy']) => Aggregation,
): Promise<ServerFixture> {
  const dir = await mkdtemp(join(tmpdir(), 'api-server-'));
  const pki = await loadPki({ dir, hosts: ['127.0.0.1'] });
  const store = new MemoryStore();
  await addDefaultRoles(store);
  const authentication = createAuthentication(store, realClock);
  const registry = createRegistry({ store, authentication, served });
  await registry.create(
    { resource: resourceOf('namespaces'), namespace: undefined },
    { metadata: { name: 'default' } },
    WRITE,
  );
  await registry.create(
    { resource: resourceOf('serviceaccounts'), namespace: 'default' },
    { metadata: { name: 'default' } },
    WRITE,
  );
  const server = await startApiServer({
    registry,
    authentication,
    store,
    authorizer: rbacAuthorizer(store),
    tls: { ...pki.server, clientCa: pki.caCert },
    streaming,
    ...(dialer === undefined ? {} : { dialer }),
    ...(aggregationOf === undefined
      ? {}
      : { aggregation: aggregationOf(createClient(registry, store), pki.frontProxy) }),
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
  });
  const url = `https://127.0.0.1:${server.port}`;
  return {
    server,
    store,
    ca: pki.caCert,
    admin: pki.admin,
    ask: (method, path, options = {}) =>
      ask(url, { ca: pki.caCert, ...(options.anonymous === true ? {} : pki.admin) }, method, path, options),
    async stop() {
      await server.close();
      await rm(dir, { recursive: true });
    },
  };
}

function ask(
  url: string,
  tls: { ca: string; key?: string; cert?: string },
  method: string,
  path: string,
  { headers = {}, body }: AskOptions,
): Promise<Answer> {
  const session = connect(url, tls);
  return new Promise<Answer>((resolve, reject) => {
    session.once('error', reject);
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: false });
    const chunks: Buffer[] = [];
    let answered: Record<string, unknown> = {};
    stream.on('response', (given) => {
      answered = { ...given };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', reject);
    stream.once('end', () => resolve(answerOf(answered, Buffer.concat(chunks))));
    stream.end(bodyText(body));
  }).finally(() => session.close());
}

function bodyText(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

function answerOf(headers: Record<string, unknown>, bytes: Buffer): Answer {
  const text = bytes.toString();
  const isJson = String(headers['content-type']).startsWith('application/json') && text !== '';
  return {
    code: Number(headers[':status']),
    headers,
    bytes,
    text,
    body: isJson && headers['content-encoding'] === undefined && !text.includes('}\n{') ? parse(text) : {},
  };
}

const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
