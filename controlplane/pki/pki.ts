import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Clock } from '#api/clock.ts';
import { realClock } from '#api/clock.ts';
import { CLUSTER_DOMAIN } from '#api/names.ts';
import { createCa, isUsable, issue, signCsr, type CertificateRequest, type KeyPair } from './certificates.ts';
import { type SigningTerms, signSigningRequest } from './signing-request.ts';
import { readIfExists, writeAtomically } from './files.ts';

/** The cluster's identity: who may speak to whom. */
export interface Pki {
  /** PEM; signs the server's, the administrator's and the nodes' certificates. */
  readonly caCert: string;
  /** For the REST API and for gRPC; `cert` is the chain, with the CA last, so that a joining node sees the CA. */
  readonly server: KeyPair;
  /** CN kubernetes-admin, O system:masters. */
  readonly admin: KeyPair;
  /** For whom aggregated servers take the API server; a CA of its own, so that no other certificate speaks for users. */
  readonly frontProxy: { readonly caCert: string; readonly client: KeyPair };
  readonly joinToken: string;
  /** A kubeconfig as YAML, of the administrator; `server` is the API's URL. */
  kubeconfig(server: string): string;
  /**
   * A client certificate (PEM) of the user `system:node:NAME` in the group `system:nodes`. Throws when the CSR is malformed or its
   * signature is wrong.
   */
  signNodeCsr(csrPem: string, nodeName: string): Promise<string>;
  /** A certificate (PEM) of the request's own subject, for whoever has looked at it. */
  signRequest(csrPem: string, terms: SigningTerms): Promise<string>;
}

export interface PkiOptions {
  /** Made if it does not exist. */
  readonly dir: string;
  /** More names and addresses by which the server is reached. */
  readonly hosts: readonly string[];
  /** Kept from now on instead of a random one. */
  readonly joinToken?: string | undefined;
  readonly clock?: Clock | undefined;
}

const FRONT_PROXY: CertificateRequest = { commonName: 'front-proxy-client', usage: 'client' };

const ADMIN: CertificateRequest = {
  commonName: 'kubernetes-admin',
  organization: 'system:masters',
  usage: 'client',
};

/**
 * Loads what `dir` holds and makes what is missing. The server's and the administrator's certificates are renewed when they near their end
 * or no longer cover every host. Throws when the CA is there but cannot be read: a new one would shut out every node and kubeconfig.
 */
export async function loadPki(options: PkiOptions): Promise<Pki> {
  const { dir, clock = realClock } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ca = await loadCa(join(dir, 'ca.pem'), 'podlab', clock.now());
  const frontProxyCa = await loadCa(join(dir, 'front-proxy-ca.pem'), 'front-proxy-ca', clock.now());
  const frontProxy = await loadPair(
    join(dir, 'front-proxy-client.pem'),
    frontProxyCa,
    FRONT_PROXY,
    clock.now(),
  );
  const server = await loadPair(join(dir, 'server.pem'), ca, serverRequest(options.hosts), clock.now());
  const admin = await loadPair(join(dir, 'admin.pem'), ca, ADMIN, clock.now());
  return {
    caCert: ca.cert,
    server: { key: server.key, cert: server.cert + ca.cert },
    admin,
    frontProxy: { caCert: frontProxyCa.cert, client: frontProxy },
    joinToken: await loadToken(join(dir, 'join-token'), options.joinToken),
    kubeconfig: (url) => kubeconfig(url, ca, admin),
    signNodeCsr: (csr, nodeName) => signCsr(ca, csr, nodeRequest(nodeName), clock.now()),
    signRequest: (csr, terms) => signSigningRequest(ca, csr, terms),
  };
}

const nodeRequest = (nodeName: string): CertificateRequest => ({
  commonName: `system:node:${nodeName}`,
  organization: 'system:nodes',
  usage: 'client',
});

function serverRequest(hosts: readonly string[]): CertificateRequest {
  const all = [
    'localhost',
    '127.0.0.1',
    '::1',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    'controlplane',
    ...ownAddresses(),
    ...hosts,
  ];
  return { commonName: 'kube-apiserver', usage: 'server', hosts: [...new Set(all)] };
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith('fe80:'))
    .map((address) => address.address);

async function loadCa(path: string, commonName: string, now: number): Promise<KeyPair> {
  const text = await readIfExists(path);
  if (text === undefined) {
    const ca = await createCa(commonName, now);
    await writeAtomically(path, ca.cert + ca.key);
    return ca;
  }
  const ca = splitPair(text);
  try {
    if (new X509Certificate(ca.cert).checkPrivateKey(createPrivateKey(ca.key))) return ca;
  } catch (error) {
    throw new Error(`${path} does not hold a certificate and its key; remove it to make a new cluster`, {
      cause: error,
    });
  }
  throw new Error(`the certificate and the key in ${path} do not belong together`);
}

async function loadPair(
  path: string,
  ca: KeyPair,
  request: CertificateRequest,
  now: number,
): Promise<KeyPair> {
  const kept = splitPair((await readIfExists(path)) ?? '');
  if (isUsable(kept, ca, request.hosts ?? [], now)) return kept;
  const pair = await issue(ca, request, now);
  await writeAtomically(path, pair.cert + pair.key);
  return pair;
}

async function loadToken(path: string, given: string | undefined): Promise<string> {
  const kept = (await readIfExists(path))?.trim() ?? '';
  const token = given ?? (kept === '' ? randomBytes(24).toString('base64url') : kept);
  if (token !== kept) await writeAtomically(path, `${token}\n`);
  return token;
}

/** Certificate and key stand in one file, so that a crash cannot leave the one without the other. */
function splitPair(text: string): KeyPair {
  const keyStart = text.indexOf('-----BEGIN PRIVATE KEY-----');
  return keyStart === -1
    ? { cert: text, key: '' }
    : { cert: text.slice(0, keyStart), key: text.slice(keyStart) };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const kubeconfig = (server: string, ca: KeyPair, admin: KeyPair): string =>
  stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'podlab', cluster: { server, 'certificate-authority-data': base64(ca.cert) } }],
      users: [
        {
          name: 'podlab',
          user: {
            'client-certificate-data': base64(admin.cert),
            'client-key-data': base64(admin.key),
          },
        },
      ],
      contexts: [{ name: 'podlab', context: { cluster: 'podlab', user: 'podlab' } }],
      'current-context': 'podlab',
    },
    { lineWidth: 0 },
  );
