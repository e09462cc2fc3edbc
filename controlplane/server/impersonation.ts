import { StatusError } from '#api/status.ts';
import type { UserInfo } from '../registry/registry.ts';
import { mayImpersonate } from './authorization.ts';

/**
 * The user that a request acts for: with `Impersonate-User` and `Impersonate-Group` (kubectl's `--as` and `--as-group`) another than the
 * one who is authenticated. Throws 403 unless that one may, as apiserver's `WithImpersonation` does.
 *
 * @param rawHeaders Node's flat list of names and values, in which a repeated header is not joined.
 */
export function impersonated(
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
  mayImpersonate(user, name);
  return { name, groups: [...new Set([...groups, 'system:authenticated'])] };
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}
