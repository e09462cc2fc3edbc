import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixture, type ServerFixture } from './server-fixture.ts';

const SELF = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const JSON_BODY = { 'content-type': 'application/json' };

let fixture: ServerFixture;
let token: string;

beforeAll(async () => {
  fixture = await startFixture();
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
  const { code, body } = await fixture.ask('POST', path, { headers: JSON_BODY, body: { spec: {} } });
  expect(code).toBe(201);
  token = (body as { status: { token: string } }).status.token;
});
afterAll(() => fixture.stop());

const askWith = (authorization: string, method: string, path: string, body?: object) =>
  fixture.ask(method, path, { anonymous: true, headers: { ...JSON_BODY, authorization }, body });

describe('a request with a token', () => {
  it('is the account’s', async () => {
    const { code, body } = await askWith(`Bearer ${token}`, 'POST', SELF, {});
    expect(code).toBe(201);
    expect(body).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:default' } },
    });
    expect((await askWith(`Bearer ${token}`, 'GET', '/api/v1/secrets')).code).toBe(403);
  });

  it('that is not good is refused, also where nobody needs one', async () => {
    for (const path of ['/api/v1/pods', '/healthz', '/version']) {
      const { code, body } = await askWith(`Bearer ${token}x`, 'GET', path);
      expect(code).toBe(401);
      expect(body).toMatchObject({ reason: 'Unauthorized', message: 'Unauthorized' });
    }
    expect((await fixture.ask('GET', '/healthz', { anonymous: true })).code).toBe(200);
  });

  it('can be checked by others with the published keys', async () => {
    const { headers, text } = await fixture.ask('GET', '/openid/v1/jwks');
    expect(headers['content-type']).toBe('application/jwk-set+json');
    const keys = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
    const { body } = await fixture.ask('GET', '/.well-known/openid-configuration');
    const { issuer } = body as { issuer: string };
    const { payload } = await jwtVerify(token, keys, { issuer });
    expect(payload.sub).toBe('system:serviceaccount:default:default');
  });
});
