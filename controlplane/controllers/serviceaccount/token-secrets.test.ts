import { beforeEach, describe, expect, it } from 'vitest';
import { testContext, type TestContext } from '../test-context.ts';
import { startTokenSecretsController } from './token-secrets-controller.ts';

let context: TestContext;

beforeEach(async () => {
  context = testContext();
  await context.client.seed('serviceaccounts', { metadata: { namespace: 'a', name: 'robot' } });
});

const add = (account: string, uid?: string) =>
  context.client.seed('secrets', {
    metadata: {
      namespace: 'a',
      name: 's',
      annotations: {
        'kubernetes.io/service-account.name': account,
        ...(uid === undefined ? {} : { 'kubernetes.io/service-account.uid': uid }),
      },
    },
    type: 'kubernetes.io/service-account-token',
  });

const secret = () => context.client.get('secrets', 'a', 's');

describe('a Secret for a ServiceAccount’s token', () => {
  it('gets it, and goes with the account', async () => {
    await add('robot');
    const controller = startTokenSecretsController(context);
    await context.pass(1);
    const text = (key: string): string => Buffer.from(secret()?.data?.[key] ?? '', 'base64').toString();
    expect([text('token'), text('ca.crt'), text('namespace')]).toEqual(['TOKEN of a/robot in s', 'CA', 'a']);
    const { uid } = context.client.get('serviceaccounts', 'a', 'robot')!.metadata;
    expect(secret()?.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(uid);
    await context.client.delete('serviceaccounts', 'a', 'robot');
    await context.pass(1);
    expect(secret()).toBeUndefined();
    await controller.stop();
  });

  it.each([
    ['none', undefined],
    ['robot', 'of-another'],
  ])('is removed when there is no account %s with the uid %s', async (account, uid) => {
    await add(account, uid);
    const controller = startTokenSecretsController(context);
    await context.pass(1);
    expect(secret()).toBeUndefined();
    await controller.stop();
  });
});
