/** A small client of the cluster's own REST API, for waiting and for `podlab/testing`. Authenticates as the kubeconfig says. */
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import { openWatch, type Watch, type WatchEvent } from './watch.ts';

export interface ApiAnswer {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

export interface Api {
  readonly url: string;
  /** Rejects only when no answer came: refused, reset, or silent for `timeoutMs` (default 10 s). */
  call(method: string, path: string, options?: CallOptions): Promise<ApiAnswer>;
  /** Opens a watch; resolves once the server has accepted it. */
  watch(path: string, onEvent: (event: WatchEvent) => void): Promise<Watch>;
  close(): void;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

interface KubeConfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** The API of the kubeconfig's first cluster, as its first user. */
export function connect(kubeconfig: string): Api {
  const config = parse(kubeconfig) as KubeConfig;
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (cluster === undefined || user === undefined)
    throw new Error('the kubeconfig names no cluster or no user');
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });
  return {
    url: cluster.server,
    call: (method, path, options) => call(agent, new URL(path, cluster.server), method, options ?? {}),
    watch: (path, onEvent) => openWatch(agent, new URL(path, cluster.server), onEvent),
    close: () => agent.destroy(),
  };
}

const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');

function call(agent: Agent, url: URL, method: string, options: CallOptions): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers = {
      accept: 'application/json',
      ...(payload === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
    };
    const sent = request(
      url,
      { agent, method, headers, timeout: options.timeoutMs ?? 10_000 },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parseBody(text) }));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${url.href} is not answered`)));
    sent.on('error', reject);
    sent.end(payload);
  });
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
