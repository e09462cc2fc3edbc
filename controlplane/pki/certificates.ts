import { createPrivateKey, randomBytes, X509Certificate, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import { installReflectMetadata } from './reflect-metadata.ts';

/** A certificate and its private key, each as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organization?: string;
  readonly usage: 'client' | 'server';
  /** DNS names and IP addresses, for a server. */
  readonly hosts?: readonly string[];
}

export const DAY = 24 * 3600_000;
const CA_LIFETIME = 3650 * DAY;
const LIFETIME = 365 * DAY;
/** As kubeadm backdates: clocks of other machines may be a little behind. */
export const BACKDATE = 5 * 60_000;

/** Of the authority's key, and of all that it makes. */
export const AUTHORITY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Loaded only when a certificate is made or read: the library costs 20 MB and 80 ms, and a restarted control plane seldom needs it. */
export async function library(): Promise<typeof X509> {
  installReflectMetadata();
  return import('@peculiar/x509');
}

/** A self-signed certificate authority, valid for ten years. */
export async function createCa(commonName: string, now: number): Promise<KeyPair> {
  const x509 = await library();
  const keys = await crypto.subtle.generateKey(AUTHORITY_ALGORITHM, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + CA_LIFETIME),
    signingAlgorithm: AUTHORITY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) };
}

/** A new key and its certificate, valid for a year. */
export async function issue(ca: KeyPair, request: CertificateRequest, now: number): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(AUTHORITY_ALGORITHM, true, ['sign', 'verify']);
  return {
    cert: await sign(ca, keys.publicKey, request, now),
    key: await privateKeyPem(keys.privateKey),
  };
}

/** Signs the public key of a PKCS#10 request; subject and extensions are `request`'s, never the CSR's. Throws when the CSR is not valid. */
export async function signCsr(
  ca: KeyPair,
  csrPem: string,
  request: CertificateRequest,
  now: number,
): Promise<string> {
  const x509 = await library();
  const csr = new x509.Pkcs10CertificateRequest(csrPem);
  if (!(await csr.verify())) throw new Error('the signature of the certificate signing request is wrong');
  return sign(ca, await csr.publicKey.export(), request, now);
}

async function sign(
  ca: KeyPair,
  publicKey: webcrypto.CryptoKey,
  request: CertificateRequest,
  now: number,
): Promise<string> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(ca.cert);
  const usage =
    request.usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [
      ...(request.organization === undefined ? [] : [{ O: [request.organization] }]),
      { CN: [request.commonName] },
    ],
    issuer: issuer.subject,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(Math.min(now + LIFETIME, issuer.notAfter.getTime())),
    signingAlgorithm: AUTHORITY_ALGORITHM,
    signingKey: await importPrivateKey(ca.key),
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(request.hosts === undefined
        ? []
        : [new x509.SubjectAlternativeNameExtension(request.hosts.map(alternativeName))]),
    ],
  });
  return `${cert.toString('pem')}\n`;
}

const alternativeName = (host: string): { type: 'ip' | 'dns'; value: string } => ({
  type: isIP(host) === 0 ? 'dns' : 'ip',
  value: host,
});

/** Positive and of 16 bytes, as RFC 5280 wants it. */
export function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

export function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), AUTHORITY_ALGORITHM, false, ['sign']);
}

/** True if `pair` fits together, was issued by `ca`, covers every host and is valid for at least 30 more days. */
export function isUsable(pair: KeyPair, ca: KeyPair, hosts: readonly string[], now: number): boolean {
  try {
    const cert = new X509Certificate(pair.cert);
    return (
      cert.checkPrivateKey(createPrivateKey(pair.key)) &&
      cert.verify(new X509Certificate(ca.cert).publicKey) &&
      Date.parse(cert.validTo) - now > 30 * DAY &&
      hosts.every((host) => covers(cert, host))
    );
  } catch {
    return false;
  }
}

const covers = (cert: X509Certificate, host: string): boolean =>
  (isIP(host) === 0 ? cert.checkHost(host) : cert.checkIP(host)) !== undefined;
