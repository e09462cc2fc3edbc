import { installReflectMetadata } from './reflect-metadata.ts';

/** A PKCS#10 request (PEM) with a new key, for tests. */
export async function testSigningRequest(
  subject: string,
  names: { type: 'dns' | 'ip'; value: string }[] = [],
): Promise<string> {
  installReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  });
  return csr.toString('pem');
}
