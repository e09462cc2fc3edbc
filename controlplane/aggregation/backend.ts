import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { StatusError } from '#api/status.ts';
import type { Dialer } from '../dialer.ts';
import type { KeyPair } from '../pki/certificates.ts';
import { callProblem } from '../webhooks/call-problems.ts';
import type { ApiService } from './aggregation.ts';

/** Speaks to the servers behind APIServices, as the front proxy that they are told to trust. */
export interface ApiServiceBackend {
  /** Begins a request over a connection of its own. Throws a StatusError (ServiceUnavailable) that says why there is none. */
  request(
    service: ApiService,
    request: { method: string; path: string; headers: OutgoingHttpHeaders },
  ): Promise<ClientRequest>;
}

const DEFAULT_PORT = 443;
const HANDSHAKE_MILLISECONDS = 10_000;

export function createBackend(dialer: Dialer, identity: KeyPair): ApiServiceBackend {
  return {
    async request(service, { method, path, headers }) {
      const { namespace = '', name = '', port = DEFAULT_PORT } = service.spec?.service ?? {};
      const socket = await dialer.dialService(namespace, name, port);
      const tls = await secure(socket, {
        ...trustOf(service),
        servername: `${name}.${namespace}.svc`,
        key: identity.key,
        cert: identity.cert,
      });
      return httpRequest({ method, path, headers, createConnection: () => tls, setHost: false });
    },
  };
}

/** Whom to take for the server; without a bundle, whom the system trusts. */
function trustOf({ spec }: ApiService): ConnectionOptions {
  if (spec?.insecureSkipTLSVerify === true) return { rejectUnauthorized: false };
  return spec?.caBundle ? { ca: Buffer.from(spec.caBundle, 'base64').toString() } : {};
}

const secure = (socket: Duplex, options: ConnectionOptions): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const fail = (error: unknown, timedOut = false): void => {
      socket.destroy();
      reject(unreachable(error, timedOut));
    };
    let tls: ReturnType<typeof connect>;
    try {
      tls = connect({ ...options, socket });
    } catch (error) {
      // A bundle that holds no certificate.
      fail(error);
      return;
    }
    const timer = setTimeout(() => fail(undefined, true), HANDSHAKE_MILLISECONDS);
    tls.once('secureConnect', () => {
      clearTimeout(timer);
      resolve(tls);
    });
    tls.on('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
  });

export const unreachable = (error: unknown, timedOut = false): StatusError =>
  error instanceof StatusError
    ? error
    : new StatusError('ServiceUnavailable', `error trying to reach service: ${callProblem(error, timedOut)}`);

/** The head of the answer. Throws as `request` does. */
export const answerTo = (sent: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Kept for the request's life: a server may break off after it has begun to answer.
    sent.on('error', (error) => reject(unreachable(error)));
  });
