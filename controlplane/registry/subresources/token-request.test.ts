import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { AuthenticationV1TokenRequest } from '#api/gen/types.ts';
import { resourceOf } from '#api/resources.ts';
import { create, podBody, testRegistry } from '../test-registry.ts';

const boundTo = (name: string, more: object = {}): object => ({
  boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, ...more },
});

async function setup() {
  const cluster = await testRegistry();
  await create(cluster, 'serviceaccounts', { metadata: { name: 'robot' } });
  const request = async (spec: object, metadata: object = {}, name = 'robot') => {
    const target = {
      resource: resourceOf('serviceaccounts'),
      namespace: 'default',
      name,
      subresource: 'token' as const,
    };
    const { object } = await cluster.registry.create(target, { metadata, spec }, cluster.write);
    return object as unknown as AuthenticationV1TokenRequest;
  };
  return { ...cluster, cluster, request };
}

describe('a request for a token', () => {
  it('gets one for an hour and the API server', async () => {
    const { request } = await setup();
    const { spec, status, metadata } = await request({});
    const issuer = 'https://kubernetes.default.svc.cluster.local';
    expect(spec).toEqual({ audiences: [issuer], expirationSeconds: 3600 });
    expect(metadata).toMatchObject({ name: 'robot', namespace: 'default' });
    const claims = decodeJwt(status?.token ?? '');
    expect(claims).toMatchObject({
      aud: [issuer],
      iss: issuer,
      sub: 'system:serviceaccount:default:robot',
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'robot' } },
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    expect(Date.parse(status?.expirationTimestamp ?? '') / 1000).toBe(claims.exp);
  });

  it('can be bound to a Pod of the account', async () => {
    const { cluster, request } = await setup();
    const pod = await create(cluster, 'pods', podBody('web', { serviceAccountName: 'robot' }));
    const { status } = await request({ ...boundTo('web'), expirationSeconds: 3607 });
    const claims = decodeJwt(status?.token ?? '');
    expect(claims['kubernetes.io']).toMatchObject({
      pod: { name: 'web', uid: pod.metadata.uid },
      warnafter: (claims.iat ?? 0) + 3607,
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(365 * 24 * 3600);
    await expect(request(boundTo('web', { uid: 'other' }))).rejects.toThrow(
      'Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (other) does not match the UID in record. The object might have been deleted and then recreated',
    );
    await create(cluster, 'serviceaccounts', { metadata: { name: 'other' } });
    await expect(request(boundTo('web'), {}, 'other')).rejects.toThrow(
      'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
    );
    await expect(request(boundTo('none'))).rejects.toThrow('pods "none" not found');
    await expect(request(boundTo('x', { kind: 'Job', apiVersion: 'batch/v1' }))).rejects.toThrow(
      'cannot bind token to object of type batch/v1, Kind=Job',
    );
  });

  it.each([
    [
      { expirationSeconds: 599 },
      {},
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    [{ expirationSeconds: 2 ** 33 }, {}, 'may not specify a duration larger than 2^32 seconds'],
    [
      {},
      { name: 'x' },
      'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "x": must match the service account name if specified',
    ],
  ])('%j of %j is refused', async (spec, metadata, message) => {
    const { request } = await setup();
    await expect(request(spec, metadata)).rejects.toThrow(message);
  });

  it('needs the account', async () => {
    const { request } = await setup();
    await expect(request({}, {}, 'none')).rejects.toThrow('serviceaccounts "none" not found');
  });
});
