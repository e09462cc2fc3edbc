import { type Resource, type Subresource, type Verb, apiVersionOf } from '#api/resources.ts';
import type { Catalog } from '../registry/catalog.ts';

/** What a URL path names, after apiserver's `RequestInfoFactory`. */
export type Route =
  | { readonly kind: 'resource'; readonly target: ResourceRoute }
  /** A known group and version, but nothing that it serves. */
  | { readonly kind: 'unknown-resource' }
  | { readonly kind: 'path'; readonly path: string };

export interface ResourceRoute {
  readonly resource: Resource;
  /** undefined for cluster-scoped resources and for all namespaces. */
  readonly namespace: string | undefined;
  /** undefined for the collection. */
  readonly name: string | undefined;
  readonly subresource: Subresource | undefined;
  /** Of `proxy`: what follows it, still percent-encoded; '' or with a slash before it. */
  readonly proxyPath?: string;
  /** The deprecated `/watch/` paths. */
  readonly watch: boolean;
}

/**
 * Reads a path such as `/apis/apps/v1/namespaces/default/deployments/web/scale`. Throws `URIError` when a part is not valid
 * percent-encoding.
 */
export function parsePath(path: string, catalog: Catalog): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const prefix = groupVersionOf(parts);
  if (prefix === undefined) return { kind: 'path', path };
  const { apiVersion } = prefix;
  const rest = parts.slice(prefix.length);
  if (rest.length === 0) return { kind: 'path', path };
  const target = resourceRoute((name) => catalog.find(apiVersion, name), rest, path.endsWith('/'));
  if (target !== undefined) return { kind: 'resource', target };
  const isServed = catalog.all().some((resource) => apiVersionOf(resource) === apiVersion);
  return isServed ? { kind: 'unknown-resource' } : { kind: 'path', path };
}

function groupVersionOf(parts: readonly string[]): { apiVersion: string; length: number } | undefined {
  if (parts[0] === 'api' && parts.length >= 2) return { apiVersion: parts[1]!, length: 2 };
  if (parts[0] === 'apis' && parts.length >= 3) return { apiVersion: `${parts[1]}/${parts[2]}`, length: 3 };
  return undefined;
}

function resourceRoute(
  find: (name: string) => Resource | undefined,
  encoded: readonly string[],
  endsWithSlash: boolean,
): ResourceRoute | undefined {
  const parts = encoded.map(decodeURIComponent);
  const watch = parts[0] === 'watch';
  const rest = watch ? parts.slice(1) : parts;
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && find(rest[2]!)?.namespaced === true;
  const [plural = '', name, subresource, ...extra] = inNamespace ? rest.slice(2) : rest;
  const resource = find(plural);
  if (resource === undefined || (extra.length > 0 && subresource !== 'proxy')) return undefined;
  // A namespaced object has no name outside its namespace, and a cluster-scoped one none inside.
  if (resource.namespaced && !inNamespace && name !== undefined) return undefined;
  if (subresource !== undefined && !(resource.subresources as readonly string[]).includes(subresource)) {
    return undefined;
  }
  return {
    resource,
    namespace: inNamespace ? rest[1] : undefined,
    name,
    subresource: subresource as Subresource | undefined,
    watch,
    ...(subresource === 'proxy'
      ? { proxyPath: proxyPath(encoded.slice(encoded.length - extra.length), endsWithSlash) }
      : {}),
  };
}

/** The path after `proxy`, cleaned as Go's `path.Join` does: a backend never sees `..`. */
function proxyPath(encoded: readonly string[], endsWithSlash: boolean): string {
  const clean: string[] = [];
  for (const part of encoded) {
    const plain = decodeURIComponent(part);
    if (plain === '..') clean.pop();
    else if (plain !== '.') clean.push(part);
  }
  const path = clean.map((part) => `/${part}`).join('');
  return endsWithSlash ? `${path}/` : path;
}

const METHODS_OF_SUBRESOURCE: Record<Subresource, readonly string[]> = {
  approval: ['GET', 'PUT', 'PATCH'],
  ephemeralcontainers: ['GET', 'PUT', 'PATCH'],
  resize: ['GET', 'PUT', 'PATCH'],
  status: ['GET', 'PUT', 'PATCH'],
  scale: ['GET', 'PUT', 'PATCH'],
  finalize: ['PUT'],
  binding: ['POST'],
  token: ['POST'],
  proxy: ['GET', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS'],
  eviction: ['POST'],
  log: ['GET'],
  exec: ['GET', 'POST'],
  attach: ['GET', 'POST'],
  portforward: ['GET', 'POST'],
};

const ITEM_VERBS: Record<string, Verb> = {
  GET: 'get',
  OPTIONS: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const COLLECTION_VERBS: Record<string, Verb> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' };

/**
 * The verb of a request as authorization and discovery name it, or undefined when Kubernetes does not allow the method there.
 * HEAD counts as GET.
 */
export function verbOf(method: string, route: ResourceRoute, watch: boolean): Verb | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  if (route.subresource !== undefined) {
    if (!METHODS_OF_SUBRESOURCE[route.subresource].includes(asked)) return undefined;
    return asked === 'POST' ? 'create' : ITEM_VERBS[asked];
  }
  if (route.name !== undefined) {
    const verb = ITEM_VERBS[asked];
    return verb === 'get' && (watch || route.watch) ? 'watch' : verb;
  }
  if (asked === 'POST' && route.resource.namespaced && route.namespace === undefined) return undefined;
  if (asked === 'DELETE' && route.resource.namespaced && route.namespace === undefined) return undefined;
  const verb = COLLECTION_VERBS[asked];
  if (verb === undefined || !route.resource.verbs.includes(verb)) return undefined;
  return verb === 'list' && (watch || route.watch) ? 'watch' : verb;
}
