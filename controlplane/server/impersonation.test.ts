import { describe, expect, it } from 'vitest';
import type { Authorizer } from '../authorization/authorizer.ts';
import { rbacAuthorizer } from '../authorization/rbac.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { impersonated } from './impersonation.ts';

const AUTHORIZER = rbacAuthorizer(new MemoryStore());
const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
const JANE = { name: 'jane', groups: ['system:authenticated'] };

const groupsOf = (name: string) => impersonated(AUTHORIZER, ADMIN, ['Impersonate-User', name])?.groups;

describe('impersonation', () => {
  it('leaves a request that asks for none to its own user', () => {
    expect(impersonated(AUTHORIZER, ADMIN, ['Accept', 'impersonate-user'])).toBe(ADMIN);
  });

  it('makes an administrator the user and the groups that are named', () => {
    const headers = ['Impersonate-User', 'joe', 'impersonate-group', 'a', 'Impersonate-Group', 'b,c'];
    expect(impersonated(AUTHORIZER, ADMIN, headers)).toEqual({
      name: 'joe',
      groups: ['a', 'b,c', 'system:authenticated'],
    });
  });

  it('takes over uid and extra fields', () => {
    const headers = ['Impersonate-User', 'joe', 'Impersonate-Uid', '7', 'Impersonate-Extra-A%2fb', 'x'];
    expect(impersonated(AUTHORIZER, ADMIN, headers)).toEqual({
      name: 'joe',
      uid: '7',
      groups: ['system:authenticated'],
      extra: { 'a/b': ['x'] },
    });
    const may = { allowed: true, reason: '' };
    const onlyUsers: Authorizer = {
      ...AUTHORIZER,
      authorize: (access) =>
        'resource' in access && access.resource === 'users' ? may : { ...may, allowed: false },
    };
    expect(() => impersonated(onlyUsers, JANE, headers)).toThrow(
      'userextras.authentication.k8s.io "x" is forbidden: User "jane" cannot impersonate resource "userextras/a/b" in API group "authentication.k8s.io" at the cluster scope',
    );
  });

  it('gives a service account its groups, and nobody those of the authenticated', () => {
    expect(groupsOf('system:serviceaccount:a:b')).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:a',
      'system:authenticated',
    ]);
    expect(groupsOf('system:anonymous')).toEqual(['system:unauthenticated']);
  });

  it('is refused to others', () => {
    expect(() => impersonated(AUTHORIZER, JANE, ['Impersonate-User', 'admin'])).toThrow(
      'users "admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('of a group needs a user', () => {
    expect(() => impersonated(AUTHORIZER, ADMIN, ['Impersonate-Group', 'a'])).toThrow(
      'without impersonating a user',
    );
  });

  it('gives nothing to those who are not authenticated', () => {
    expect(impersonated(AUTHORIZER, undefined, ['Impersonate-User', 'admin'])).toBeUndefined();
  });
});
