import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { HttpCertificate } from '#api/http-routes.ts';
import { hostOf } from './hostname.ts';
import type { PortRoutes } from './routing-table.ts';

export const MINIMUM_TLS = 'TLSv1.2';

/** Certificates in the form in which connections take them, made when the first one needs it. */
export class Certificates {
  readonly #contexts = new Map<string, SecureContext | undefined>();

  /** What a client with this server name is shown; undefined: the server's own, which is the default. */
  contextFor(routes: PortRoutes | undefined, serverName: string): SecureContext | undefined {
    const certificate = routes?.certificates.first(hostOf(serverName)) ?? routes?.defaultCertificate;
    return certificate === undefined ? undefined : this.#contextOf(certificate);
  }

  /** For clients that name no server. */
  defaultKeyPair(routes: PortRoutes | undefined): { cert?: string; key?: string } {
    const certificate = routes?.certificates.at('') ?? routes?.defaultCertificate;
    return certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key };
  }

  /** Forgets those that no port has any more. */
  keep(all: Iterable<PortRoutes>): void {
    const used = new Set<string>();
    for (const { certificates, defaultCertificate } of all) {
      for (const certificate of certificates.values()) used.add(idOf(certificate));
      if (defaultCertificate !== undefined) used.add(idOf(defaultCertificate));
    }
    for (const id of this.#contexts.keys()) if (!used.has(id)) this.#contexts.delete(id);
  }

  /** The control plane has looked at it; should it be unusable here all the same, the default one is shown. */
  #contextOf(certificate: HttpCertificate): SecureContext | undefined {
    const id = idOf(certificate);
    if (!this.#contexts.has(id)) this.#contexts.set(id, tryContext(certificate));
    return this.#contexts.get(id);
  }
}

const ids = new WeakMap<HttpCertificate, string>();

function idOf(certificate: HttpCertificate): string {
  const known = ids.get(certificate);
  if (known !== undefined) return known;
  const id = createHash('sha256').update(certificate.cert).update(certificate.key).digest('base64');
  ids.set(certificate, id);
  return id;
}

function tryContext({ cert, key }: HttpCertificate): SecureContext | undefined {
  try {
    return createSecureContext({ cert, key, minVersion: MINIMUM_TLS });
  } catch {
    return undefined;
  }
}
