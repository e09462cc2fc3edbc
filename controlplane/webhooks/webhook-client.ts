import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { StatusError } from '#api/status.ts';
import type { Dialer } from '../dialer.ts';
import { callProblem, responseProblem } from './call-problems.ts';
import { ServiceAgent } from './service-agent.ts';

/** Where a webhook is: `clientConfig` of webhook configurations and of CustomResourceDefinitions' conversion. Exactly one of `url` and `service`. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    /** 443 when absent. */
    readonly port?: number;
  };
  /** PEM certificates in base64 that the server's must come from; without them, those that the system trusts. */
  readonly caBundle?: string;
}

interface CallOptions {
  /** Of the whole call, from the connection to the last byte of the answer. */
  readonly timeoutSeconds: number;
  /** Tells the webhook of the timeout in the query (`?timeout=10s`), as admission does. */
  readonly tellTimeout?: boolean;
  /** Longer answers are refused; 16 MiB by default. */
  readonly maxResponseBytes?: number;
}

/** Calls webhooks; connections are kept for the next call. */
export interface WebhookClient {
  /**
   * POSTs a review as JSON and gives the parsed answer, which nobody has checked yet. Throws a `WebhookCallError` for everything that goes wrong.
   */
  call(config: WebhookClientConfig, review: unknown, options: CallOptions): Promise<unknown>;
  close(): void;
}

/** Its message is that of client-go: `Post "https://…": context deadline exceeded`. */
export class WebhookCallError extends Error {
  override readonly name = 'WebhookCallError';
}

const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** `dialer` is asked for at each call to a Service, because nodes start after the registry. */
export function createWebhookClient(dialer: () => Dialer | undefined): WebhookClient {
  const direct = new Agent({ keepAlive: true, maxFreeSockets: 25, timeout: 60_000 });
  const services = new ServiceAgent(dialer, { keepAlive: true, maxFreeSockets: 25, timeout: 60_000 });
  return {
    call: async (config, review, options) => {
      const url = urlOf(config, options);
      const agent = config.service === undefined ? direct : services;
      const ca = certificatesOf(config);
      const { hostname } = url;
      const serverName = config.service === undefined ? {} : { servername: hostname };
      return post(url, { agent, ...serverName, ...(ca === undefined ? {} : { ca }) }, review, options);
    },
    close: () => {
      direct.destroy();
      services.destroy();
    },
  };
}

function urlOf({ url, service }: WebhookClientConfig, { tellTimeout, timeoutSeconds }: CallOptions): URL {
  if (service === undefined && url === undefined) {
    throw new WebhookCallError('invalid client config: neither url nor service is given');
  }
  const parsed =
    service === undefined
      ? URL.parse(url!)
      : URL.parse(
          service.path ?? '/',
          `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`,
        );
  if (parsed?.protocol !== 'https:')
    throw new WebhookCallError('invalid client config: the URL must be https');
  if (tellTimeout === true) parsed.searchParams.set('timeout', `${timeoutSeconds}s`);
  return parsed;
}

function certificatesOf({ caBundle }: WebhookClientConfig): string | undefined {
  if (!caBundle) return undefined;
  const pem = Buffer.from(caBundle, 'base64').toString();
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new WebhookCallError('unable to load root certificates: unable to parse bytes as PEM block');
}

async function post(url: URL, how: RequestOptions, review: unknown, options: CallOptions): Promise<unknown> {
  const signal = AbortSignal.timeout(options.timeoutSeconds * 1000);
  try {
    const response = await send(url, how, JSON.stringify(review), signal);
    const body = await readBody(response, options.maxResponseBytes ?? MAX_RESPONSE_BYTES);
    const code = response.statusCode ?? 0;
    if (code < 200 || code > 206) throw new WebhookCallError(responseProblem(code, body));
    return parseBody(body);
  } catch (error) {
    if (error instanceof WebhookCallError) throw error;
    const why = error instanceof StatusError ? error.message : callProblem(error, signal.aborted);
    throw new WebhookCallError(`Post "${shown(url, how)}": ${why}`);
  }
}

/** `URL` leaves out the port 443, which Kubernetes shows of a Service. */
const shown = (url: URL, { servername }: RequestOptions): string =>
  servername === undefined || url.port !== '' ? url.href : url.href.replace(url.host, `${url.host}:443`);

const send = (url: URL, how: RequestOptions, body: string, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = {
      accept: 'application/json, */*',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'kube-apiserver-admission',
    };
    const sent = httpsRequest(url, { ...how, method: 'POST', headers, signal }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response, and its connection with it.
    if (size > maxBytes) throw new WebhookCallError(`the response is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new WebhookCallError(`couldn't parse the response as JSON: ${(error as Error).message}`);
  }
}
