import type { Clock } from '#api/clock.ts';
import type { HttpCertificate } from '#api/http-routes.ts';
import type { Client } from '../../client.ts';
import { certificateOf } from '../../http-routes/certificate.ts';
import { MANAGED_BY } from '../../http-routes/entrance.ts';
import { createCa, issue } from '../../pki/certificates.ts';

/** Shown for hosts that no certificate is for. Whoever has a better one puts it here. */
export const DEFAULT_CERTIFICATE = { namespace: 'kube-system', name: 'podlab-ingress-certificate' } as const;

/** Makes the Secret when there is none. undefined: somebody put something into it that is no certificate. */
export async function defaultCertificate(client: Client, clock: Clock): Promise<HttpCertificate | undefined> {
  const { namespace, name } = DEFAULT_CERTIFICATE;
  const secret = client.get('secrets', namespace, name) ?? (await createSecret(client, clock));
  const certificate = certificateOf(secret);
  if (certificate.kind === 'unusable') return undefined;
  return { hosts: [], cert: certificate.cert, key: certificate.key };
}

async function createSecret(client: Client, clock: Clock) {
  const authority = await createCa('podlab ingress', clock.now());
  const { cert, key } = await issue(
    authority,
    { commonName: 'podlab default certificate', usage: 'server', hosts: ['ingress.local'] },
    clock.now(),
  );
  return client.create('secrets', {
    metadata: { ...DEFAULT_CERTIFICATE, labels: MANAGED_BY },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
  });
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
