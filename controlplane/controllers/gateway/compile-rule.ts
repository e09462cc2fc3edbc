import { RE2JS } from 're2js';
import type {
  HttpAttachment,
  HttpBackend,
  HttpFilter,
  HttpMatch,
  HttpPathChange,
  HttpRule,
  HttpService,
  HttpValueMatch,
} from '#api/http-routes.ts';
import { isFalse, type Verdict } from './conditions.ts';
import { GATEWAY_GROUP } from './definitions/definitions.ts';
import { durationOf } from './durations.ts';
import { isGranted } from './reference-grants.ts';
import type {
  BackendReference,
  HeaderModifier,
  Route,
  RouteFilter,
  RouteMatch,
  RouteRule,
  ValueMatch,
} from './types.ts';
import type { World } from './world.ts';

/** What is wrong with a route, as it is found while its rules are compiled. */
export interface RouteProblems {
  /** Why it is not accepted at all. */
  unsupported: Verdict | undefined;
  /** What of its references is not there, or not for it. */
  unresolved: Verdict | undefined;
}

export function compileRule(
  route: Route,
  rule: RouteRule,
  attachments: readonly HttpAttachment[],
  world: World,
  problems: RouteProblems,
): HttpRule {
  return {
    attachments,
    matches: (rule.matches ?? [{}]).map((match) => compileMatch(match, problems)),
    filters: compileFilters(route, rule.filters ?? [], world, problems),
    backends: (rule.backendRefs ?? []).map((reference): HttpBackend => ({
      weight: reference.weight ?? 1,
      service: resolveBackend(route, reference, world, problems),
      filters: compileFilters(route, reference.filters ?? [], world, problems),
    })),
    requestTimeout: durationOf(rule.timeouts?.request),
    backendTimeout: durationOf(rule.timeouts?.backendRequest),
  };
}

const PATH_TYPES: Readonly<Record<string, 'Exact' | 'Prefix' | 'RegularExpression'>> = {
  Exact: 'Exact',
  PathPrefix: 'Prefix',
  RegularExpression: 'RegularExpression',
};

function compileMatch(match: RouteMatch, problems: RouteProblems): HttpMatch {
  const { path = {}, headers = [], queryParams = [], method } = match;
  const type = PATH_TYPES[path.type ?? 'PathPrefix'];
  if (type === undefined) unsupported(problems, `Path matches of type ${path.type} are not served`);
  const value = path.value ?? '/';
  if (type === 'RegularExpression') checkExpression(value, problems);
  const seen = new Set<string>();
  return {
    path: { type: type ?? 'Exact', value },
    ...(method === undefined ? {} : { method }),
    // Of names that are the same but for their case the first counts.
    headers: headers
      .map((one) => valueMatch({ ...one, name: one.name.toLowerCase() }, problems))
      .filter(({ name }) => !seen.has(name) && seen.add(name)),
    query: queryParams.map((one) => valueMatch(one, problems)),
  };
}

function valueMatch({ type, name, value }: ValueMatch, problems: RouteProblems): HttpValueMatch {
  if (type === 'RegularExpression') checkExpression(value, problems);
  return { type: type === 'RegularExpression' ? type : 'Exact', name, value };
}

function checkExpression(source: string, problems: RouteProblems): void {
  try {
    RE2JS.compile(source);
  } catch {
    unsupported(problems, `${JSON.stringify(source)} is no regular expression of RE2's syntax`);
  }
}

function unsupported(problems: RouteProblems, message: string): void {
  problems.unsupported ??= isFalse('Accepted', 'UnsupportedValue', message);
}

function compileFilters(
  route: Route,
  filters: readonly RouteFilter[],
  world: World,
  problems: RouteProblems,
): HttpFilter[] {
  return filters.flatMap((filter): HttpFilter[] => {
    const { requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite, requestMirror } =
      filter;
    if (requestHeaderModifier !== undefined) return [headerFilter('request-headers', requestHeaderModifier)];
    if (responseHeaderModifier !== undefined)
      return [headerFilter('response-headers', responseHeaderModifier)];
    if (requestRedirect !== undefined) {
      const { path, statusCode = 302, ...rest } = requestRedirect;
      return [{ type: 'redirect', ...rest, path: pathChange(path), statusCode }];
    }
    if (urlRewrite !== undefined)
      return [{ type: 'rewrite', hostname: urlRewrite.hostname, path: pathChange(urlRewrite.path) }];
    if (requestMirror !== undefined) {
      const { backendRef, percent = 100, fraction } = requestMirror;
      const service = resolveBackend(route, backendRef, world, problems);
      const { numerator, denominator = 100 } = fraction ?? { numerator: percent };
      return service === undefined ? [] : [{ type: 'mirror', service, numerator, denominator }];
    }
    unsupported(problems, `Filters of type ${filter.type} are not served`);
    return [];
  });
}

const headerFilter = (
  type: 'request-headers' | 'response-headers',
  { set = [], add = [], remove = [] }: HeaderModifier,
): HttpFilter => ({
  type,
  set: set.map(({ name, value }) => ({ name: name.toLowerCase(), value })),
  add: add.map(({ name, value }) => ({ name: name.toLowerCase(), value })),
  remove: remove.map((name) => name.toLowerCase()),
});

function pathChange(
  modifier: { readonly replaceFullPath?: string; readonly replacePrefixMatch?: string } | undefined,
): HttpPathChange | undefined {
  if (modifier?.replaceFullPath !== undefined) return { type: 'full', value: modifier.replaceFullPath };
  if (modifier?.replacePrefixMatch !== undefined)
    return { type: 'prefix', value: modifier.replacePrefixMatch };
  return undefined;
}

function resolveBackend(
  route: Route,
  reference: BackendReference,
  world: World,
  problems: RouteProblems,
): HttpService | undefined {
  const { group = '', kind = 'Service', name, port = 0 } = reference;
  const own = route.metadata.namespace!;
  const namespace = reference.namespace ?? own;
  const title = `Service "${namespace}/${name}"`;
  const unresolved = (reason: string, message: string): undefined => {
    problems.unresolved ??= isFalse('ResolvedRefs', reason, message);
  };
  if (group !== '' || kind !== 'Service') return unresolved('InvalidKind', `${kind} "${name}" is no Service`);
  const from = { group: GATEWAY_GROUP, kind: 'HTTPRoute', namespace: own };
  if (!isGranted(world.grants, { from, to: { group, kind, namespace, name } }))
    return unresolved('RefNotPermitted', `No ReferenceGrant permits to use ${title}`);
  const service = world.service(namespace, name);
  if (service === undefined) return unresolved('BackendNotFound', `${title} not found`);
  if (service.spec?.type === 'ExternalName')
    return unresolved('BackendNotFound', `${title} is of type ExternalName, which has no endpoints`);
  const found = service.spec?.ports?.find((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP');
  if (found === undefined) return unresolved('BackendNotFound', `${title} has no TCP port ${port}`);
  if (found.appProtocol === 'kubernetes.io/h2c')
    return unresolved('UnsupportedProtocol', `${title} speaks HTTP/2 without TLS, which is not served`);
  return { namespace, name, port };
}
