import { StatusError } from '#api/status.ts';
import type { Verb } from '#api/resources.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { ResourceRoute } from './request-info.ts';

/** Readable without a client certificate, as the role `system:public-info-viewer` says. */
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version'];
/** Readable by every authenticated user, as the role `system:discovery` says. */
const DISCOVERY_PATHS = ['/api', '/apis', '/openapi'];

const isUnder = (path: string, roots: readonly string[]): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`));

export const isPublicPath = (path: string): boolean => isUnder(path, PUBLIC_PATHS);

const maySee = (user: UserInfo): boolean => user.groups.includes('system:masters');

/** Throws Kubernetes' 403 unless the user may. There are no roles yet: `system:masters` may do all, others may only discover. */
export function authorizePath(user: UserInfo, method: string, path: string): void {
  const reads = method === 'GET' || method === 'HEAD';
  if (maySee(user) || (reads && isUnder(path, [...PUBLIC_PATHS, ...DISCOVERY_PATHS]))) return;
  throw new StatusError(
    'Forbidden',
    `forbidden: User ${JSON.stringify(user.name)} cannot ${method.toLowerCase()} path ${JSON.stringify(path)}`,
    {},
  );
}

/** Throws Kubernetes' 403 unless the user may use the verb on the resource. */
export function authorizeResource(user: UserInfo, verb: Verb, route: ResourceRoute): void {
  if (maySee(user)) return;
  const { resource, namespace, subresource } = route;
  const what = subresource === undefined ? resource.name : `${resource.name}/${subresource}`;
  const where =
    namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  throw StatusError.forbidden(
    { group: resource.group, resource: resource.name },
    route.name ?? '',
    `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(resource.group)} ${where}`,
  );
}

/** Throws Kubernetes' 403 unless the user may act for another. */
export function mayImpersonate(user: UserInfo, name: string): void {
  if (maySee(user)) return;
  throw StatusError.forbidden(
    { group: '', resource: 'users' },
    name,
    `User ${JSON.stringify(user.name)} cannot impersonate resource "users" in API group "" at the cluster scope`,
  );
}
