import { StatusError } from '#api/status.ts';
import type { UserInfo } from '../registry/registry.ts';
import { authorizeAccess } from './authorize.ts';
import type { Authorizer } from '../authorization/authorizer.ts';

/**
 * The user that a request acts for: with `Impersonate-User` and `Impersonate-Group` (kubectl's `--as` and `--as-group`) another than the
 * one who is authenticated. Throws 403 unless that one may, as apiserver's `WithImpersonation` does.
 *
 * @param rawHeaders Node's flat list of names and values, in which a repeated header is not joined.
 */
export function impersonated(
  authorizer: Authorizer,
  user: UserInfo | undefined,
  rawHeaders: readonly string[],
): UserInfo | undefined {
  const name = valuesOf(rawHeaders, 'impersonate-user')[0];
  const groups = valuesOf(rawHeaders, 'impersonate-group');
  if (user === undefined || (name === undefined && groups.length === 0)) return user;
  if (name === undefined)
    throw StatusError.internal(
      `requested [${groups.map((group) => `{Group  ${group}    }`).join(' ')}] without impersonating a user`,
    );
  for (const subject of [subjectOf(name), ...groups.map((group) => ({ resource: 'groups', name: group }))]) {
    authorizeAccess(authorizer, user, { ...IMPERSONATE, ...subject });
  }
  return { name, groups: [...new Set([...groups, 'system:authenticated'])] };
}

const IMPERSONATE = { verb: 'impersonate', group: '', version: 'v1', subresource: '', namespace: '' };

/** A service account is guarded as the object that it is. */
function subjectOf(user: string): { resource: string; namespace?: string; name: string } {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace === undefined || name === undefined
    ? { resource: 'users', name: user }
    : { resource: 'serviceaccounts', namespace, name };
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}
