import type { Verb } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { AggregatedVersion } from '../aggregation/aggregation.ts';
import type { Catalog } from '../registry/catalog.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { ApiRequest } from './api-request.ts';
import { socketOf, unauthorized } from '../authentication/client-certificate.ts';
import { aggregatedRequest, serveAggregated } from './aggregated-request.ts';
import { ANONYMOUS, authorizeAccess, authorizePath, authorizeResource, isPublicPath } from './authorize.ts';
import { serveDiscovery } from './discovery/discovery-handler.ts';
import { groupVersions } from './discovery/groups.ts';
import type { Exchange } from './exchange.ts';
import type { Flow } from './flow-schemas.ts';
import { healthPaths, serveHealth, serveVersion } from './health.ts';
import { impersonated } from './impersonation.ts';
import { CONFIGURATION_PATH, KEYS_PATH, serveIssuerDiscovery } from './issuer-discovery.ts';
import { serveOpenApi } from './openapi/openapi-handler.ts';
import { booleanParameter, selectedName } from './query-options.ts';
import { type ResourceRoute, type Route, parsePath, verbOf } from './request-info.ts';
import { RESOURCE_HANDLERS } from './resource-handlers.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';
import { METRICS_RESOURCES } from '../resource-metrics/resources.ts';
import { COMPONENT_STATUSES, serveComponentStatuses } from './component-status.ts';
import { serveMetrics } from './metrics-api.ts';
import { serveProxy } from './proxying/forward.ts';
import { isUpgradeSubresource, refuseWithoutUpgrade, serveLog } from './streaming-subresources.ts';

/** Serves one request that is not an upgrade. Throws what the client did wrong as a `StatusError`. */
export async function handleRequest(context: ServerContext, exchange: Exchange): Promise<void> {
  const route = routeOf(exchange.path, context.registry.catalog);
  const { request } = exchange;
  const shown = await context.authentication.authenticator.authenticate(request, socketOf(request));
  const user = impersonated(context.authorizer, shown, request.rawHeaders);
  if (user === undefined && !isPublicPath(exchange.path)) throw unauthorized();
  const aggregated = route.kind === 'path' ? aggregatedRequest(context.aggregation, exchange) : undefined;
  const verb = route.kind === 'resource' ? askedVerb(exchange, route.target) : undefined;
  const isWatch = verb === 'watch' || aggregated?.access?.verb === 'watch';
  context.traffic.begin(context.metrics, exchange, route, isWatch ? 'watch' : verb, user ?? ANONYMOUS);
  nameFlow(context, exchange, route, user ?? ANONYMOUS, verb ?? exchange.method.toLowerCase());
  if (route.kind === 'resource') {
    await handleResource(context, authorized(context, exchange, route.target, user));
    return;
  }
  if (aggregated?.access !== undefined) {
    authorizeAccess(context.authorizer, user ?? ANONYMOUS, aggregated.access);
  } else authorizePath(context.authorizer, user ?? ANONYMOUS, exchange.method, exchange.path);
  if (aggregated !== undefined && context.aggregation !== undefined) {
    await serveAggregated(context.aggregation, aggregated, exchange, user ?? ANONYMOUS);
    return;
  }
  if (route.kind === 'unknown-resource') throw unknownResource();
  await handlePath(context, exchange);
}

/** Says in headers which FlowSchema the request belongs to. */
function nameFlow(
  { flowSchemas }: ServerContext,
  { path, response }: Exchange,
  route: Route,
  user: UserInfo,
  verb: string,
): void {
  const headers = flowSchemas.headersOf(user, flowOf(route, verb, path));
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

function flowOf(route: Route, verb: string, path: string): Flow {
  if (route.kind !== 'resource') return { verb, path };
  const { resource, subresource, namespace } = route.target;
  const named = subresource === undefined ? resource.name : `${resource.name}/${subresource}`;
  return { verb, group: resource.group, resource: named, namespace };
}

/** Throws 400 for a path that is not valid percent-encoding. */
export function routeOf(path: string, catalog: Catalog): Route {
  try {
    return parsePath(path, catalog);
  } catch (error) {
    if (error instanceof URIError) throw StatusError.badRequest('invalid URL escape in the path');
    throw error;
  }
}

/** Throws 401, 403 or 405 unless the request may go on. */
export function authorized<E extends ApiRequest>(
  { authorizer }: ServerContext,
  exchange: E,
  route: ResourceRoute,
  user: UserInfo | undefined,
): ResourceRequest<E> {
  if (user === undefined) throw unauthorized();
  const verb = askedVerb(exchange, route);
  authorizeResource(
    authorizer,
    user,
    verb ?? 'get',
    route,
    selectedName(exchange.query.get('fieldSelector') ?? ''),
  );
  if (verb === undefined) throw StatusError.methodNotAllowed();
  return { exchange, route, user, verb };
}

const askedVerb = ({ method, query }: ApiRequest, route: ResourceRoute): Verb | undefined =>
  verbOf(method, route, booleanParameter(query, 'watch'));

async function handleResource(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route, verb } = request;
  if (route.resource.name === 'endpoints') {
    exchange.warn('v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice');
  }
  const { resourceMetrics } = context;
  if (resourceMetrics !== undefined && METRICS_RESOURCES.includes(route.resource))
    await serveMetrics(context, resourceMetrics, request);
  else if (route.resource === COMPONENT_STATUSES) await serveComponentStatuses(context, request);
  else if (route.subresource === 'proxy') await serveProxy(context, request);
  else if (route.subresource === 'log') await serveLog(context, request);
  else if (isUpgradeSubresource(route.subresource)) await refuseWithoutUpgrade(context, request);
  else await RESOURCE_HANDLERS[verb](context, request);
}

const unknownResource = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource', {});

async function handlePath(context: ServerContext, exchange: Exchange): Promise<void> {
  const isRead = exchange.method === 'GET' || exchange.method === 'HEAD';
  const isServed = isRead && (await servePath(context, exchange));
  if (!isServed) await exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n');
}

async function servePath(context: ServerContext, exchange: Exchange): Promise<boolean> {
  const { catalog } = context.registry;
  switch (exchange.path) {
    case '/':
      await exchange.sendJson(200, { paths: rootPaths(context) });
      return true;
    case '/version':
    case '/version/':
      await serveVersion(exchange);
      return true;
    case '/metrics':
      await exchange.send(200, context.metrics.contentType, await context.metrics.render());
      return true;
    default:
      return (
        (await serveHealth(exchange, context.healthChecks)) ||
        (await serveDiscovery(exchange, catalog, othersOf(context))) ||
        (await serveOpenApi(exchange, catalog, othersOf(context))) ||
        (await serveIssuerDiscovery(exchange, context.authentication.tokens.signer))
      );
  }
}

const othersOf = ({ aggregation }: ServerContext): readonly AggregatedVersion[] =>
  aggregation?.versions() ?? [];

/** The paths that `/` lists, sorted as apiserver's `ListedPaths`. */
const rootPaths = ({ registry, healthChecks }: ServerContext): string[] =>
  [
    ...new Set([
      ...FIXED_PATHS,
      ...groupVersions(registry.catalog).flatMap(pathsOfGroupVersion),
      ...healthPaths(healthChecks),
    ]),
  ].toSorted();

function pathsOfGroupVersion(apiVersion: string): string[] {
  const [group = '', version] = apiVersion.split('/');
  return version === undefined ? [] : [`/apis/${group}`, `/apis/${apiVersion}`];
}

const FIXED_PATHS = [
  CONFIGURATION_PATH,
  KEYS_PATH,
  '/api',
  '/api/v1',
  '/apis',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/version',
];
