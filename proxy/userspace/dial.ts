import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../service-port.ts';
import type { Backend, Scope } from './backend.ts';

/** Milliseconds in which an endpoint has to take a connection while there are others: the kernel asks a second time after one second. */
export const CONNECT_TIMEOUT = 1500;
/** The same where there is no other. */
export const LAST_CONNECT_TIMEOUT = 10_000;
/** Milliseconds of silence after which the kernel asks whether the other side is still there. */
export const KEEP_ALIVE_DELAY = 30_000;
const MOST_TRIES = 8;

export interface Dialled {
  readonly upstream: Socket;
  readonly endpoint: Endpoint;
  /** Endpoints that did not take the connection. */
  readonly retries: number;
}

export interface DialOptions {
  readonly client: Socket;
  readonly backend: Backend;
  readonly scope: Scope;
  connected(dialled: Dialled): void;
  /** Not called when the client leaves first. */
  failed(retries: number): void;
}

/** Connects a client to an endpoint, or to the next one that takes it. Nothing of the client's is read meanwhile. */
export function dial(options: DialOptions, failed: readonly Endpoint[] = []): void {
  const { client, backend, scope } = options;
  const endpoint =
    failed.length < MOST_TRIES ? backend.pick(client.remoteAddress ?? '', scope, failed) : undefined;
  if (endpoint === undefined) return options.failed(failed.length);
  const tried = [...failed, endpoint];
  const { ip: host, port } = endpoint;
  const timeout = backend.hasOther(scope, tried) ? CONNECT_TIMEOUT : LAST_CONNECT_TIMEOUT;
  const upstream = connect({ host, port, timeout, ...SOCKET });
  const leave = (): void => void upstream.destroy();
  const next = (): void => {
    upstream.destroy();
    client.off('close', leave);
    if (!client.destroyed) dial(options, tried);
  };
  upstream.once('error', next).once('timeout', next);
  client.once('close', leave);
  upstream.once('connect', () => {
    upstream.setTimeout(0).off('timeout', next).off('error', next);
    client.off('close', leave);
    options.connected({ upstream, endpoint, retries: failed.length });
  });
}

const SOCKET = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_DELAY,
} as const;
