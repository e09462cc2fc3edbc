import { X509Certificate, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FakeClock } from '#api/clock.ts';
import { DAY } from './certificates.ts';
import { loadPki } from './pki.ts';
import { installReflectMetadata } from './reflect-metadata.ts';

interface Kubeconfig {
  'current-context': string;
  clusters: { cluster: Record<string, string> }[];
  users: { user: Record<string, string> }[];
}

const FUNCTIONS = { kubeconfig: 0, signNodeCsr: 0, signRequest: 0 };

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pki-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function csrPem(): Promise<string> {
  installReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=system:masters',
    keys,
    signingAlgorithm: algorithm,
  });
  return csr.toString('pem');
}

test('the server certificate covers localhost, the kubernetes Service and the given hosts', async () => {
  const pki = await loadPki({ dir, hosts: ['example.test', '10.1.2.3', 'fd00:10:96::1'] });
  const cert = new X509Certificate(pki.server.cert);
  for (const host of ['localhost', 'kubernetes.default.svc.cluster.local', 'controlplane', 'example.test'])
    expect(cert.checkHost(host), host).toBe(host);
  for (const ip of ['127.0.0.1', '::1', '10.1.2.3', 'fd00:10:96::1']) expect(cert.checkIP(ip)).toBe(ip);
  expect(cert.verify(new X509Certificate(pki.caCert).publicKey)).toBe(true);
  expect(pki.server.cert).toContain(pki.caCert);
});

test('loading again gives the same identities', async () => {
  const first = await loadPki({ dir, hosts: [] });
  const second = await loadPki({ dir, hosts: [] });
  expect({ ...second, ...FUNCTIONS }).toEqual({ ...first, ...FUNCTIONS });
});

test('a new host renews only the server certificate', async () => {
  const first = await loadPki({ dir, hosts: [] });
  const second = await loadPki({ dir, hosts: ['10.9.9.9'] });
  expect(second.server.cert).not.toBe(first.server.cert);
  expect([second.caCert, second.admin]).toEqual([first.caCert, first.admin]);
});

test('certificates near their end are renewed', async () => {
  const clock = new FakeClock();
  const first = await loadPki({ dir, hosts: [], clock });
  clock.advance(336 * DAY);
  const second = await loadPki({ dir, hosts: [], clock });
  expect(second.caCert).toBe(first.caCert);
  expect(second.server.cert).not.toBe(first.server.cert);
  expect(second.admin.cert).not.toBe(first.admin.cert);
});

test('a torn server file is replaced, a torn CA is refused', async () => {
  const pki = await loadPki({ dir, hosts: [] });
  await writeFile(join(dir, 'server.pem'), pki.server.cert.slice(0, 100));
  expect((await loadPki({ dir, hosts: [] })).caCert).toBe(pki.caCert);
  const ca = await readFile(join(dir, 'ca.pem'), 'utf8');
  await writeFile(join(dir, 'ca.pem'), ca.slice(0, 500));
  await expect(loadPki({ dir, hosts: [] })).rejects.toThrow('does not hold a certificate and its key');
});

test('only the owner can read what is kept', async () => {
  await loadPki({ dir, hosts: [] });
  const files = await readdir(dir);
  expect(files.toSorted()).toEqual([
    'admin.pem',
    'ca.pem',
    'front-proxy-ca.pem',
    'front-proxy-client.pem',
    'join-token',
    'server.pem',
  ]);
  for (const file of files) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
});

test('a given join token replaces the kept one', async () => {
  const { joinToken } = await loadPki({ dir, hosts: [] });
  expect(joinToken).toMatch(/^[\w-]{32}$/);
  expect((await loadPki({ dir, hosts: [], joinToken: 'given' })).joinToken).toBe('given');
  expect((await loadPki({ dir, hosts: [] })).joinToken).toBe('given');
});

test("a node's certificate names the node, whatever the request says", async () => {
  const pki = await loadPki({ dir, hosts: [] });
  const cert = new X509Certificate(await pki.signNodeCsr(await csrPem(), 'node7'));
  expect(cert.subject).toBe('O=system:nodes\nCN=system:node:node7');
  expect(cert.verify(new X509Certificate(pki.caCert).publicKey)).toBe(true);
  expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
});

test('a request that was tampered with or is none is refused', async () => {
  const pki = await loadPki({ dir, hosts: [] });
  const der = Buffer.from((await csrPem()).replaceAll(/-----.*-----/g, ''), 'base64');
  der[der.length - 5]! ^= 1;
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
  await expect(pki.signNodeCsr(pem, 'node1')).rejects.toThrow();
  await expect(pki.signNodeCsr('nonsense', 'node1')).rejects.toThrow();
});

test("the kubeconfig holds the administrator's identity and the CA", async () => {
  const pki = await loadPki({ dir, hosts: [] });
  const config = parse(pki.kubeconfig('https://127.0.0.1:6443')) as Kubeconfig;
  expect(config['current-context']).toBe('podlab');
  const { cluster } = config.clusters[0]!;
  expect(cluster['server']).toBe('https://127.0.0.1:6443');
  const { user } = config.users[0]!;
  const cert = new X509Certificate(Buffer.from(user['client-certificate-data']!, 'base64'));
  expect(cert.subject).toBe('O=system:masters\nCN=kubernetes-admin');
  const key = createPrivateKey(Buffer.from(user['client-key-data']!, 'base64'));
  expect(cert.checkPrivateKey(key)).toBe(true);
  expect(cert.checkPrivateKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)).toBe(false);
});
