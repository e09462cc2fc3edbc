import type { TLSSocket } from 'node:tls';
import { StatusError } from '#api/status.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { AnyRequest } from '../server/streaming.ts';

/** What x509 authentication needs to see of a connection. */
export type CertifiedSocket = Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>;

const users = new WeakMap<object, UserInfo | undefined>();

/**
 * The user of a connection's client certificate: CN is the name, every O a group (apiserver `CommonNameUserConversion`). undefined when the
 * client showed none, or one that the cluster's CA did not sign.
 */
export function userOf(socket: CertifiedSocket): UserInfo | undefined {
  if (users.has(socket)) return users.get(socket);
  const user = readUser(socket);
  users.set(socket, user);
  return user;
}

function readUser(socket: CertifiedSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const { subject: given, fingerprint256 } = socket.getPeerCertificate();
  const subject: { CN?: string | string[]; O?: string | string[] } | undefined = given;
  const name = [subject?.CN ?? []].flat()[0];
  if (name === undefined) return undefined;
  const credential = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return {
    name,
    groups: [...[subject?.O ?? []].flat(), 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [credential] },
  };
}

/** Whether the client shows a certificate, and the cluster's CA did not sign it, or its time is over. */
export const showsUnknownCertificate = (socket: CertifiedSocket): boolean =>
  !socket.authorized && Object.keys(socket.getPeerCertificate()).length > 0;

/** The TLS connection beneath a request of either HTTP version. */
export function socketOf(request: AnyRequest): CertifiedSocket {
  const session = 'stream' in request ? request.stream.session : undefined;
  // An HTTP/2 session's `socket` is a proxy made once, so it can stand for the connection.
  return (session === undefined ? request.socket : session.socket) as CertifiedSocket;
}

/** Kubernetes' 401, which says nothing of the reason. */
export const unauthorized = (): StatusError => new StatusError('Unauthorized', 'Unauthorized');
