import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Kinds } from '#api/resources.ts';

type Secret = Kinds['secrets'];

/** A certificate and its key as PEM, or why the Secret has none that can be shown. */
export type SecretCertificate =
  | { readonly kind: 'usable'; readonly cert: string; readonly key: string }
  | { readonly kind: 'unusable'; readonly why: string };

const cache = new WeakMap<Secret, SecretCertificate>();

/** What a Secret of type `kubernetes.io/tls` holds; objects of the store do not change, so each is looked at once. */
export function certificateOf(secret: Secret): SecretCertificate {
  const known = cache.get(secret);
  if (known !== undefined) return known;
  const found = readCertificate(secret);
  cache.set(secret, found);
  return found;
}

function readCertificate({ data = {} }: Secret): SecretCertificate {
  const cert = Buffer.from(data['tls.crt'] ?? '', 'base64').toString();
  const key = Buffer.from(data['tls.key'] ?? '', 'base64').toString();
  if (cert.trim() === '') return { kind: 'unusable', why: 'has no tls.crt' };
  if (key.trim() === '') return { kind: 'unusable', why: 'has no tls.key' };
  try {
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key)))
      return { kind: 'unusable', why: 'has a tls.key that is not of its tls.crt' };
    createSecureContext({ cert, key });
  } catch {
    return { kind: 'unusable', why: 'has no certificate and key in PEM that can be read' };
  }
  return { kind: 'usable', cert, key };
}
