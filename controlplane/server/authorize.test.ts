import { describe, expect, it } from 'vitest';
import type { StatusError } from '#api/status.ts';
import { type CertifiedSocket, userOf } from '../authentication/client-certificate.ts';
import { addDefaultRoles } from '../controllers/bootstrap/rbac/testing.ts';
import { authorizePath, authorizeResource } from './authorize.ts';
import { rbacAuthorizer } from '../authorization/rbac.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { ResourceCatalog } from '../registry/catalog.ts';
import { parsePath } from './request-info.ts';

const STORE = new MemoryStore();
const AUTHORIZER = rbacAuthorizer(STORE);
await addDefaultRoles(STORE);
const JANE = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const ADMIN = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

const targetOf = (path: string): Parameters<typeof authorizeResource>[3] => {
  const route = parsePath(path, new ResourceCatalog());
  if (route.kind !== 'resource') throw new Error(`${path} is no resource`);
  return route.target;
};

const refusal = (act: () => void): { message: string; details: unknown } | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    const { message, details } = error as StatusError;
    return { message, details };
  }
};

describe('authorization', () => {
  it('lets system:masters do all', () => {
    expect(
      refusal(() => authorizeResource(AUTHORIZER, ADMIN, 'delete', targetOf('/api/v1/nodes/n'))),
    ).toBeUndefined();
    expect(refusal(() => authorizePath(AUTHORIZER, ADMIN, 'GET', '/metrics'))).toBeUndefined();
  });

  it.each([
    [
      'list',
      '/api/v1/namespaces/default/pods',
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
      { kind: 'pods' },
    ],
    [
      'list',
      '/api/v1/pods',
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
      { kind: 'pods' },
    ],
    [
      'patch',
      '/apis/apps/v1/namespaces/a/deployments/d/scale',
      'deployments.apps "d" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" in the namespace "a"',
      { name: 'd', group: 'apps', kind: 'deployments' },
    ],
  ] as const)('refuses others to %s %s', (verb, path, message, details) => {
    expect(refusal(() => authorizeResource(AUTHORIZER, JANE, verb, targetOf(path)))).toEqual({
      message,
      details,
    });
  });

  it('lets every user discover, and read nothing else that is no resource', () => {
    for (const path of ['/api', '/apis/apps/v1', '/openapi/v3', '/version', '/readyz']) {
      expect(refusal(() => authorizePath(AUTHORIZER, JANE, 'GET', path))).toBeUndefined();
    }
    expect(refusal(() => authorizePath(AUTHORIZER, JANE, 'GET', '/metrics'))).toEqual({
      message: 'forbidden: User "jane" cannot get path "/metrics"',
      details: {},
    });
  });
});

const socket = (authorized: boolean, subject: unknown): CertifiedSocket =>
  ({
    authorized,
    getPeerCertificate: () => ({ subject, fingerprint256: 'AB:01' }),
  }) as unknown as CertifiedSocket;

describe('a client certificate', () => {
  it('names the user by CN and its groups by O', () => {
    expect(userOf(socket(true, { CN: 'jane', O: ['a', 'b'] }))).toEqual({
      name: 'jane',
      groups: ['a', 'b', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=ab01'] },
    });
    expect(userOf(socket(true, { CN: 'jane' }))?.groups).toEqual(['system:authenticated']);
  });

  it('counts only when the CA signed it and it has a name', () => {
    expect(userOf(socket(false, { CN: 'jane', O: 'system:masters' }))).toBeUndefined();
    expect(userOf(socket(true, { O: 'system:masters' }))).toBeUndefined();
    expect(userOf(socket(true, undefined))).toBeUndefined();
  });
});
