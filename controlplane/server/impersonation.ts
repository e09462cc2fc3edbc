import { StatusError } from '#api/status.ts';
import { serviceAccountGroups } from '../authentication/service-account-user.ts';
import type { Authorizer, ResourceAccess } from '../authorization/authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
import { ANONYMOUS, authorizeAccess } from './authorize.ts';

interface Wanted {
  readonly name: string | undefined;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: { readonly [key: string]: readonly string[] };
}

/**
 * The user that a request acts for: with `Impersonate-User`, `-Group`, `-Uid` and `-Extra-KEY` (kubectl's `--as`, `--as-group`, `--as-uid`)
 * another than the one who is authenticated. Throws 403 unless that one may do so, for each of them, as apiserver's `WithImpersonation` does.
 *
 * @param rawHeaders Node's flat list of names and values, in which a repeated header is not joined.
 */
export function impersonated(
  authorizer: Authorizer,
  user: UserInfo | undefined,
  rawHeaders: readonly string[],
): UserInfo | undefined {
  if (user === undefined) return undefined;
  const wanted = wantedOf(rawHeaders);
  const { name, uid, groups, extra } = wanted;
  if (name === undefined) {
    if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return user;
    throw StatusError.internal(`requested ${asked(wanted)} without impersonating a user`);
  }
  for (const access of accesses(name, wanted))
    authorizeAccess(authorizer, user, { ...IMPERSONATE, ...access });
  return {
    name,
    groups: completeGroups(name, groups),
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

const IMPERSONATE: ResourceAccess = {
  verb: 'impersonate',
  group: '',
  version: 'v1',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
};

function accesses(user: string, { uid, groups, extra }: Wanted): Partial<ResourceAccess>[] {
  const group = 'authentication.k8s.io';
  return [
    subjectOf(user),
    ...groups.map((name) => ({ resource: 'groups', name })),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((name) => ({ group, resource: 'userextras', subresource, name })),
    ),
    ...(uid === undefined ? [] : [{ group, resource: 'uids', name: uid }]),
  ];
}

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** A service account is guarded as the object that it is. */
function subjectOf(user: string): Partial<ResourceAccess> {
  const [, namespace, name] = ACCOUNT.exec(user) ?? [];
  return namespace === undefined || name === undefined
    ? { resource: 'users', name: user }
    : { resource: 'serviceaccounts', namespace, name };
}

/** What every user is in, but for those who say so themselves. */
function completeGroups(user: string, groups: readonly string[]): string[] {
  const own = [...new Set(groups)];
  const namespace = ACCOUNT.exec(user)?.[1];
  if (namespace !== undefined && own.length === 0) own.push(...serviceAccountGroups(namespace));
  if (user === ANONYMOUS.name) return [...new Set([...own, 'system:unauthenticated'])];
  const says = own.includes('system:authenticated') || own.includes('system:unauthenticated');
  return says ? own : [...own, 'system:authenticated'];
}

const EXTRA_PREFIX = 'impersonate-extra-';

function wantedOf(rawHeaders: readonly string[]): Wanted {
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  let [name, uid]: (string | undefined)[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const header = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    if (header === 'impersonate-user' && value !== '') name ??= value;
    else if (header === 'impersonate-uid' && value !== '') uid ??= value;
    else if (header === 'impersonate-group') groups.push(value);
    else if (header.startsWith(EXTRA_PREFIX)) {
      const key = unescaped(header.slice(EXTRA_PREFIX.length));
      extra.set(key, [...(extra.get(key) ?? []), value]);
    }
  }
  return { name, uid, groups, extra: Object.fromEntries(extra) };
}

/** What is not valid percent-encoding is taken as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As Go prints the object references that it would have checked. */
function asked({ uid, groups, extra }: Wanted): string {
  const references = [
    ...groups.map((group) => `{Group  ${group}    }`),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => `{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`),
    ),
    ...(uid === undefined ? [] : [`{UID  ${uid}  authentication.k8s.io/v1  }`]),
  ];
  return `[${references.join(' ')}]`;
}
