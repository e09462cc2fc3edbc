import * as grpc from '@grpc/grpc-js';
import type { TLSSocket } from 'node:tls';
import type { Pki } from '../pki/pki.ts';

/**
 * TLS that asks for a client certificate but also lets those in who have none: a node that joins. `grpc.ServerCredentials.createSsl` knows
 * only all or none. Each service checks with `nodeNameOf`.
 */
class OptionalClientCertificate extends grpc.ServerCredentials {
  constructor(pki: Pki) {
    super({ requestCert: true, rejectUnauthorized: false }, { ca: pki.caCert, ...pki.server });
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

export const serverCredentials = (pki: Pki): grpc.ServerCredentials => new OptionalClientCertificate(pki);

const USER_PREFIX = 'system:node:';

interface AuthenticatedCall {
  getAuthContext(): { sslPeerCertificate?: ReturnType<TLSSocket['getPeerCertificate']> };
}

/** The node that the client certificate names; undefined without a certificate that the cluster's CA signed. */
export function nodeNameOf(call: AuthenticatedCall): string | undefined {
  const commonName: unknown = call.getAuthContext().sslPeerCertificate?.subject.CN;
  if (typeof commonName !== 'string' || !commonName.startsWith(USER_PREFIX)) return undefined;
  return commonName.slice(USER_PREFIX.length);
}

export const unauthenticated = (details: string): Partial<grpc.StatusObject> => ({
  code: grpc.status.UNAUTHENTICATED,
  details,
});
