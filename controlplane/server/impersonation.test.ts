import { describe, expect, it } from 'vitest';
import { impersonated } from './impersonation.ts';

const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
const JANE = { name: 'jane', groups: ['system:authenticated'] };

describe('impersonation', () => {
  it('leaves a request that asks for none to its own user', () => {
    expect(impersonated(ADMIN, ['Accept', 'impersonate-user'])).toBe(ADMIN);
  });

  it('makes an administrator the user and the groups that are named', () => {
    const headers = ['Impersonate-User', 'joe', 'impersonate-group', 'a', 'Impersonate-Group', 'b,c'];
    expect(impersonated(ADMIN, headers)).toEqual({
      name: 'joe',
      groups: ['a', 'b,c', 'system:authenticated'],
    });
  });

  it('is refused to others', () => {
    expect(() => impersonated(JANE, ['Impersonate-User', 'admin'])).toThrow(
      'users "admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('of a group needs a user', () => {
    expect(() => impersonated(ADMIN, ['Impersonate-Group', 'a'])).toThrow('without impersonating a user');
  });

  it('gives nothing to those who are not authenticated', () => {
    expect(impersonated(undefined, ['Impersonate-User', 'admin'])).toBeUndefined();
  });
});
