import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCa, type KeyPair } from '../../pki/certificates.ts';
import { signSigningRequest } from '../../pki/signing-request.ts';
import { testSigningRequest } from '../../pki/testing.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { startCertificateCleaner } from './cleaner-controller.ts';
import { startCertificateSigner } from './signing-controller.ts';

const RESOURCE = 'certificatesigningrequests';
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const APPROVED = { type: 'Approved', status: 'True' };

let context: TestContext;
let ca: KeyPair;

beforeEach(async () => {
  const made = testContext();
  ca = await createCa('test', made.clock.now());
  const authority = {
    signRequest: (pem: string, terms: Parameters<typeof signSigningRequest>[2]) =>
      signSigningRequest(ca, pem, terms),
  };
  context = { ...made, options: { ...made.options, authority } };
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function add(pem: string, spec: object = {}, conditions: object[] = [APPROVED]): Promise<void> {
  await context.client.seed(RESOURCE, {
    metadata: { name: 'r' },
    spec: { request: base64(pem), signerName: CLIENT, usages: ['client auth'], ...spec },
    status: { conditions } as never,
  });
}

/** The status when somebody has written it, or nobody has for a while. */
async function statusSoon() {
  for (let turn = 0; turn < 200; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { status } = context.client.get(RESOURCE, '', 'r') ?? {};
    if (status?.certificate !== undefined || status?.conditions?.some(({ type }) => type === 'Failed'))
      return status;
  }
  return context.client.get(RESOURCE, '', 'r')?.status;
}

describe('the signer', () => {
  it('signs what was approved, for as long as was asked', async () => {
    await add(await testSigningRequest('O=dev, CN=jane'), { expirationSeconds: 3600 });
    const signer = startCertificateSigner(context);
    const status = await statusSoon();
    await signer.stop();
    const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
    expect(certificate.subject.split('\n').toSorted()).toEqual(['CN=jane', 'O=dev']);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo)).toBe(context.clock.now() + 3600_000);
  });

  it.each([
    [CLIENT, ['server auth'], 'O=dev, CN=jane', 'invalid usage for client certificate: server auth'],
    [
      'kubernetes.io/kubelet-serving',
      ['digital signature', 'server auth'],
      'O=system:nodes, CN=system:node:n',
      'DNS or IP subjectAltName is required',
    ],
    [
      'kubernetes.io/kube-apiserver-client-kubelet',
      ['digital signature', 'client auth'],
      'O=dev, CN=system:node:n',
      'subject organization is not system:nodes',
    ],
  ])('says why it does not sign for %s with %j', async (signerName, usages, subject, message) => {
    await add(await testSigningRequest(subject), { signerName, usages });
    const signer = startCertificateSigner(context);
    const status = await statusSoon();
    await signer.stop();
    expect(status?.certificate).toBeUndefined();
    expect(status?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      reason: 'SignerValidationFailure',
      message,
    });
  });

  it('signs a node’s serving certificate, with its names', async () => {
    const names = [{ type: 'dns' as const, value: 'n' }];
    const usages = ['digital signature', 'server auth'];
    await add(await testSigningRequest('O=system:nodes, CN=system:node:n', names), {
      signerName: 'kubernetes.io/kubelet-serving',
      usages,
    });
    const signer = startCertificateSigner(context);
    const status = await statusSoon();
    await signer.stop();
    const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
    expect(certificate.checkHost('n')).toBe('n');
  });

  it('leaves alone what nobody approved, and others’ signers', async () => {
    const pem = await testSigningRequest('CN=jane');
    await add(pem, {}, []);
    const signer = startCertificateSigner(context);
    await context.client.seed(RESOURCE, {
      metadata: { name: 'other' },
      spec: { request: base64(pem), signerName: 'example.com/own', usages: ['client auth'] },
      status: { conditions: [APPROVED] },
    });
    await context.pass(1);
    await signer.stop();
    for (const name of ['r', 'other']) {
      expect(context.client.get(RESOURCE, '', name)?.status?.certificate).toBeUndefined();
    }
  });
});

describe('the cleaner', () => {
  it.each([
    [[], 24 * 3600],
    [[{ type: 'Denied', status: 'True', lastUpdateTime: '2026-01-01T00:00:00Z' }], 3600],
  ])('removes a request with the conditions %j after %d seconds', async (conditions, seconds) => {
    await add('x', {}, conditions);
    const cleaner = startCertificateCleaner(context);
    await context.pass(1);
    context.clock.advance((seconds - 2) * 1000);
    await context.client.settled();
    expect(context.client.get(RESOURCE, '', 'r')).toBeDefined();
    await context.pass(2);
    expect(context.client.get(RESOURCE, '', 'r')).toBeUndefined();
    await cleaner.stop();
  });
});
