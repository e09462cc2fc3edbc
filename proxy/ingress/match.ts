import { RE2JS } from 're2js';
import type { HttpMatch, HttpPathMatch, HttpRoute, HttpRule, HttpValueMatch } from '#api/http-routes.ts';

/** A request as far as routes look at it. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  /** In lower case; repeated ones joined by commas. */
  header(name: string): string | undefined;
}

/** One of a rule's matches, ready to be asked. */
export interface Candidate {
  readonly route: HttpRoute;
  readonly rule: HttpRule;
  readonly match: HttpMatch;
  /** Of the rule and the match in their route. */
  readonly position: number;
  takes(request: RequestFacts, query: () => URLSearchParams): boolean;
}

const PATH_RANK = { Exact: 3, RegularExpression: 2, Prefix: 1, Default: 0 } as const;

/**
 * Which of two candidates is asked first (gateway.networking.k8s.io/v1 HTTPRouteRule.matches; for Ingresses the same comes to "longest path
 * first, then Exact before Prefix").
 */
export function compareCandidates(one: Candidate, other: Candidate): number {
  const [a, b] = [one.match, other.match];
  return (
    PATH_RANK[b.path.type] - PATH_RANK[a.path.type] ||
    lengthOf(b.path) - lengthOf(a.path) ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length ||
    one.route.created - other.route.created ||
    compareText(one.route.name, other.route.name) ||
    one.position - other.position
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const lengthOf = (path: HttpPathMatch): number =>
  path.type === 'Prefix' ? withoutSlash(path.value).length : path.value.length;

/** `/a/` and `/a` are the same prefix, and `/` is the empty one. */
const withoutSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

export function toCandidate(route: HttpRoute, rule: HttpRule, match: HttpMatch, position: number): Candidate {
  const path = pathMatcher(match.path);
  const headers = match.headers.map((one) => ({ name: one.name, fits: valueMatcher(one) }));
  const queries = match.query.map((one) => ({ name: one.name, fits: valueMatcher(one) }));
  return {
    route,
    rule,
    match,
    position,
    takes: (request, query) =>
      path(request.path) &&
      (match.method === undefined || match.method === request.method) &&
      headers.every(({ name, fits }) => fits(request.header(name))) &&
      queries.every(({ name, fits }) => fits(query().get(name) ?? undefined)),
  };
}

function pathMatcher({ type, value }: HttpPathMatch): (path: string) => boolean {
  if (type === 'Default') return () => true;
  if (type === 'Exact') return (path) => path === value;
  if (type === 'RegularExpression') return regularExpression(value);
  const prefix = withoutSlash(value);
  return (path) =>
    path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH);
}

const SLASH = 0x2f;

function valueMatcher({ type, value }: HttpValueMatch): (value: string | undefined) => boolean {
  if (type === 'Exact') return (actual) => actual === value;
  const fits = regularExpression(value);
  return (actual) => actual !== undefined && fits(actual);
}

/** RE2's, which no text can make slow. The control plane has refused what does not compile; here such a one takes nothing. */
function regularExpression(source: string): (text: string) => boolean {
  try {
    const expression = RE2JS.compile(source);
    return (text) => expression.matches(text);
  } catch {
    return () => false;
  }
}
