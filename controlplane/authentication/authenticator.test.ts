import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, rfc3339 } from '#api/clock.ts';
import type { KubeObject } from '#api/resources.ts';
import { createServiceAccountKey } from '../pki/service-account-key.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { createAuthentication } from './authentication.ts';
import type { CertifiedSocket } from './client-certificate.ts';
import { API_AUDIENCES } from './service-account-tokens.ts';

const KEY = createServiceAccountKey();
const NO_CERTIFICATE = { authorized: false, getPeerCertificate: () => ({}) } as unknown as CertifiedSocket;
const ACCOUNT = { name: 'robot', uid: 'uid-robot' };
const POD = { name: 'web', uid: 'uid-web' };
const NODE = { name: 'node1', uid: 'uid-node1' };
const REFERENCES = { namespace: 'a', serviceaccount: ACCOUNT, pod: POD, node: NODE };

let clock: FakeClock;
let store: MemoryStore;
let authentication: ReturnType<typeof createAuthentication>;

beforeEach(async () => {
  clock = new FakeClock();
  store = new MemoryStore();
  authentication = createAuthentication(store, clock, () => KEY);
  await put('serviceaccounts', 'a', ACCOUNT);
  await put('pods', 'a', POD);
});

const put = (resource: string, namespace: string, metadata: { name: string }, rest: object = {}) =>
  store.write(
    { resource, namespace, name: metadata.name },
    () => ({ metadata: { ...metadata, namespace }, ...rest }) as unknown as KubeObject,
  );

const remove = (resource: string, name: string) =>
  store.write({ resource, namespace: 'a', name }, () => null);

const issue = (audiences = API_AUDIENCES, expirationSeconds = 600) =>
  authentication.tokens.issue({ references: REFERENCES, audiences, expirationSeconds });

const show = async (authorization?: string, socket = NO_CERTIFICATE) =>
  authentication.authenticator.authenticate(
    { headers: authorization === undefined ? {} : { authorization } },
    socket,
  );

const review = async (token: string, audiences = API_AUDIENCES) =>
  authentication.authenticator.authenticateToken(token, audiences);

describe('a service account’s token', () => {
  it('says who it is, and what it is bound to', async () => {
    expect(await show(`Bearer ${await issue()}`)).toEqual({
      name: 'system:serviceaccount:a:robot',
      uid: 'uid-robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)],
        'authentication.kubernetes.io/node-name': ['node1'],
        'authentication.kubernetes.io/node-uid': ['uid-node1'],
        'authentication.kubernetes.io/pod-name': ['web'],
        'authentication.kubernetes.io/pod-uid': ['uid-web'],
      },
    });
  });

  it('is known at once when it was seen before', async () => {
    const token = await issue();
    await review(token);
    expect(authentication.authenticator.authenticateToken(token, API_AUDIENCES)).toMatchObject({
      audiences: API_AUDIENCES,
    });
  });

  it.each([
    ['its account', 'serviceaccounts', ACCOUNT],
    ['its Pod', 'pods', POD],
  ])('ends with %s, also when another of the name comes', async (_, resource, object) => {
    const token = await issue();
    expect(await review(token)).toHaveProperty('user');
    await remove(resource, object.name);
    expect(await review(token)).toEqual({ problem: 'service account token has been invalidated' });
    await put(resource, 'a', { ...object, uid: 'another' } as { name: string });
    await expect(show(`bearer ${token}`)).rejects.toThrow('Unauthorized');
  });

  it('lives for a minute after the deletion of its Pod began', async () => {
    const token = await issue();
    await put('pods', 'a', { ...POD, deletionTimestamp: rfc3339(clock.now()) } as { name: string });
    clock.advance(59_000);
    expect(await review(token)).toHaveProperty('user');
    clock.advance(3_000);
    expect(await review(token)).toHaveProperty('problem');
  });

  it('expires, seen before or not', async () => {
    const [seen, unseen] = [await issue(), await issue()];
    await review(seen);
    clock.advance(661_000);
    const problem = 'service account token has expired';
    expect([await review(seen), await review(unseen)]).toEqual([{ problem }, { problem }]);
  });

  it('is good for its audiences only', async () => {
    const token = await issue(['vault', 'other']);
    await expect(show(`Bearer ${token}`)).rejects.toThrow('Unauthorized');
    expect(await review(token, ['x', 'vault'])).toMatchObject({ audiences: ['vault'] });
    expect(await review(token, ['x'])).toEqual({
      problem: 'token audiences ["vault" "other"] is invalid for the target audiences ["x"]',
    });
  });

  it('of another key is nobody’s, nor one that was changed', async () => {
    const other = createAuthentication(store, clock);
    const foreign = await other.tokens.issue({
      references: REFERENCES,
      audiences: API_AUDIENCES,
      expirationSeconds: 600,
    });
    const [head, , signature] = (await issue()).split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'system:masters' })).toString('base64url');
    for (const token of [foreign, `${head}.${forged}.${signature}`, 'a.b.c', 'nonsense']) {
      expect(await review(token)).toEqual({ problem: '' });
      await expect(show(`Bearer ${token}`)).rejects.toThrow('Unauthorized');
    }
  });

  it('in a Secret is good while the Secret holds it', async () => {
    const token = await authentication.tokens.issueLegacy('a', ACCOUNT, 'robot-token');
    expect(await review(token)).toHaveProperty('problem');
    const data = { token: Buffer.from(token).toString('base64') };
    await put('secrets', 'a', { name: 'robot-token' }, { data });
    expect(await review(token)).toMatchObject({ user: { name: 'system:serviceaccount:a:robot' } });
    await put('secrets', 'a', { name: 'robot-token' }, { data: {} });
    expect(await review(token)).toEqual({ problem: "token does not match server's copy" });
  });
});

const secret = (data: Record<string, string>) =>
  put(
    'secrets',
    'kube-system',
    { name: 'bootstrap-token-abcdef' },
    {
      type: 'bootstrap.kubernetes.io/token',
      data: Object.fromEntries(
        Object.entries({
          'token-id': 'abcdef',
          'token-secret': '0123456789abcdef',
          'usage-bootstrap-authentication': 'true',
          ...data,
        }).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    },
  );

describe('a bootstrap token', () => {
  it('is a user of its own', async () => {
    await secret({ 'auth-extra-groups': 'system:bootstrappers:lab' });
    expect(await show('Bearer abcdef.0123456789abcdef')).toEqual({
      name: 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers', 'system:bootstrappers:lab', 'system:authenticated'],
    });
    await expect(show('Bearer abcdef.0123456789abcdee')).rejects.toThrow('Unauthorized');
  });

  it.each([
    { expiration: '2020-01-01T00:00:00Z' },
    { expiration: 'never' },
    { 'usage-bootstrap-authentication': 'false' },
    { 'auth-extra-groups': 'system:masters' },
  ])('with %j is none', async (data) => {
    await secret(data);
    await expect(show('Bearer abcdef.0123456789abcdef')).rejects.toThrow('Unauthorized');
  });
});

describe('a client', () => {
  it('that shows nothing is nobody', async () => {
    expect([await show(), await show('Basic eDp5')]).toEqual([undefined, undefined]);
  });

  it('that shows a certificate of another authority is refused', async () => {
    const socket = { authorized: false, getPeerCertificate: () => ({ subject: {} }) };
    await expect(show(undefined, socket as unknown as CertifiedSocket)).rejects.toThrow('Unauthorized');
  });
});
