import { describe, expect, it } from 'vitest';
import { rbacAuthorizer } from '../authorization/rbac.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { impersonated } from './impersonation.ts';

const AUTHORIZER = rbacAuthorizer(new MemoryStore());
const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
const JANE = { name: 'jane', groups: ['system:authenticated'] };

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
