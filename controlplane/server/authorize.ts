import { StatusError } from '#api/status.ts';
import type { Verb } from '#api/resources.ts';
import type { Authorizer, ResourceAccess } from '../authorization/authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { ResourceRoute } from './request-info.ts';

/** Readable without credentials, if a role says so; everything else needs some. */
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version'];

export const isPublicPath = (path: string): boolean =>
  PUBLIC_PATHS.some((root) => path === root || path.startsWith(`${root}/`));

/** Who shows no credentials. */
export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const METHOD_VERBS: { readonly [method: string]: string } = { HEAD: 'get' };

/** Throws Kubernetes' 403 unless the user may. */
export function authorizePath(authorizer: Authorizer, user: UserInfo, method: string, path: string): void {
  const verb = METHOD_VERBS[method] ?? method.toLowerCase();
  const { allowed, reason } = authorizer.authorize({ user, verb, path });
  if (allowed) return;
  const refusal = `User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`;
  throw new StatusError('Forbidden', `forbidden: ${withReason(refusal, reason)}`, {});
}

/**
 * Throws Kubernetes' 403 unless the user may use the verb on the resource.
 *
 * @param selectedName The one name that a list's or watch's field selector leaves, which counts as the request's.
 */
export function authorizeResource(
  authorizer: Authorizer,
  user: UserInfo,
  verb: Verb,
  route: ResourceRoute,
  selectedName = '',
): void {
  authorizeAccess(authorizer, user, {
    verb,
    group: route.resource.group,
    version: route.resource.version,
    resource: route.resource.name,
    subresource: route.subresource ?? '',
    namespace: namespaceOf(route),
    name: route.name ?? selectedName,
  });
}

/** A Namespace lies in itself, so that a Role in it can give access to it (apiserver `RequestInfoFactory`). */
const namespaceOf = ({ resource, namespace, name }: ResourceRoute): string =>
  namespace ?? (resource.group === '' && resource.name === 'namespaces' ? (name ?? '') : '');

/** Throws Kubernetes' 403 unless the user may. */
export function authorizeAccess(authorizer: Authorizer, user: UserInfo, access: ResourceAccess): void {
  const { allowed, reason } = authorizer.authorize({ user, ...access });
  if (allowed) return;
  const { group, resource, name } = access;
  throw StatusError.forbidden({ group, resource }, name, withReason(refusalOf(user, access), reason));
}

function refusalOf({ name }: UserInfo, access: ResourceAccess): string {
  const { verb, group, resource, subresource, namespace } = access;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `User ${JSON.stringify(name)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}

const withReason = (refusal: string, reason: string): string =>
  reason === '' ? refusal : `${refusal}: ${reason}`;
