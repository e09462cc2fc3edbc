import type * as X509 from '@peculiar/x509';
import {
  AUTHORITY_ALGORITHM,
  BACKDATE,
  importPrivateKey,
  type KeyPair,
  library,
  serialNumber,
} from './certificates.ts';

/** What a PKCS#10 request asks for. */
export interface SigningRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly alternativeNames: readonly { readonly type: string; readonly value: string }[];
}

/** Reads a request (PEM). Throws when it is none, or its signature is wrong. */
export async function readSigningRequest(pem: string): Promise<SigningRequest> {
  const { commonName, organizations, alternativeNames } = await open(pem);
  return { commonName, organizations, alternativeNames };
}

/** For how long a certificate is good, and for what, in the words of `certificates.k8s.io/v1`. */
export interface SigningTerms {
  readonly usages: readonly string[];
  /** Milliseconds from `now` on. */
  readonly lifetime: number;
  readonly now: number;
}

/**
 * A certificate (PEM) of the request's own subject and alternative names: who signs has looked at them. It is never an authority's, and ends
 * with the authority's (`pkg/controller/certificates/authority` `PermissiveSigningPolicy`).
 */
export async function signSigningRequest(ca: KeyPair, pem: string, terms: SigningTerms): Promise<string> {
  const x509 = await library();
  const { csr, names } = await open(pem);
  const issuer = new x509.X509Certificate(ca.cert);
  const { now, lifetime } = terms;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: csr.subjectName,
    issuer: issuer.subject,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(Math.min(now + lifetime, issuer.notAfter.getTime())),
    signingAlgorithm: AUTHORITY_ALGORITHM,
    signingKey: await importPrivateKey(ca.key),
    publicKey: csr.publicKey,
    extensions: [
      ...usageExtensions(x509, terms.usages),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names === undefined ? [] : [names]),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

interface Opened extends SigningRequest {
  readonly csr: X509.Pkcs10CertificateRequest;
  readonly names: X509.SubjectAlternativeNameExtension | undefined;
}

async function open(pem: string): Promise<Opened> {
  const x509 = await library();
  if (!/^\s*-----BEGIN CERTIFICATE REQUEST-----/.test(pem)) {
    throw new Error('PEM block type must be CERTIFICATE REQUEST');
  }
  const csr = new x509.Pkcs10CertificateRequest(pem);
  if (!(await csr.verify())) throw new Error('the signature of the certificate signing request is wrong');
  const names = csr.extensions.find((one) => one instanceof x509.SubjectAlternativeNameExtension);
  return {
    csr,
    names,
    commonName: csr.subjectName.getField('CN').at(-1) ?? '',
    organizations: csr.subjectName.getField('O'),
    alternativeNames: (names?.names.items ?? []).map(({ type, value }) => ({ type, value })),
  };
}

/** Bits of the key usage extension, by name (RFC 5280 4.2.1.3). */
const KEY_USAGES: { readonly [usage: string]: keyof typeof X509.KeyUsageFlags } = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
};

/** Object identifiers of the extended key usage extension, by name. */
const EXTENDED_USAGES: { readonly [usage: string]: string } = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/** Every usage that a request may name. */
export const USAGES: readonly string[] = [
  ...Object.keys(KEY_USAGES),
  ...Object.keys(EXTENDED_USAGES),
].toSorted();

function usageExtensions(x509: typeof X509, usages: readonly string[]): X509.Extension[] {
  const flags = usages.flatMap((usage) => flagOf(x509, usage) ?? []);
  const extended = [...new Set(usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []))];
  return [
    ...(flags.length === 0
      ? []
      : [
          new x509.KeyUsagesExtension(
            flags.reduce((all, flag) => all | flag),
            true,
          ),
        ]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
  ];
}

function flagOf(x509: typeof X509, usage: string): X509.KeyUsageFlags | undefined {
  const name = KEY_USAGES[usage];
  return name === undefined ? undefined : x509.KeyUsageFlags[name];
}
