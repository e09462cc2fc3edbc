import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpMatch, HttpPathMatch } from '#api/http-routes.ts';
import { hostOf } from './hostname.ts';
import { parseTarget } from './request-target.ts';
import { findRule, RoutingTable } from './routing-table.ts';
import { aListener, aRoute, aRule } from './testing.ts';

const match = (path: HttpPathMatch, more: Partial<HttpMatch> = {}): HttpMatch => ({
  path,
  headers: [],
  query: [],
  ...more,
});

/** The name of the route that takes a request. */
function taker(
  routes: readonly { name: string; host: string; match: HttpMatch; created?: number }[],
  request: { host: string; path: string; method?: string; headers?: Record<string, string> },
  wildcard: 'one-label' | 'labels' = 'one-label',
): string | undefined {
  const table = new RoutingTable();
  const entries = routes.map(({ name, host, match: one, created = 0 }) =>
    aRoute(name, [aRule(host, '/', 'web', { matches: [one] })], { created }),
  );
  table.apply(true, [aListener({ wildcard }), ...entries], []);
  const { path, search } = parseTarget(request.path)!;
  const facts = {
    method: request.method ?? 'GET',
    path,
    search,
    header: (name: string) => request.headers?.[name],
  };
  return findRule(table.ports.get(29_080)!, request.host, facts)?.candidate.route.name;
}

/** The table of "Examples" in Kubernetes' documentation of Ingress path matching. */
describe('a path', () => {
  test.each([
    ['Prefix', '/', '/any', true],
    ['Exact', '/foo', '/foo', true],
    ['Exact', '/foo', '/bar', false],
    ['Exact', '/foo', '/foo/', false],
    ['Exact', '/foo/', '/foo', false],
    ['Prefix', '/foo', '/foo', true],
    ['Prefix', '/foo', '/foo/', true],
    ['Prefix', '/foo/', '/foo', true],
    ['Prefix', '/foo/', '/foo/', true],
    ['Prefix', '/aaa/bb', '/aaa/bbb', false],
    ['Prefix', '/aaa/bbb', '/aaa/bbb', true],
    ['Prefix', '/aaa/bbb/', '/aaa/bbb', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/ccc', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbbxyz', false],
    ['RegularExpression', '/v[0-9]+/.*', '/v12/x', true],
    ['RegularExpression', '/v[0-9]+', '/v12/x', false],
    ['RegularExpression', '(', '/', false],
  ] as const)('%s %s takes %s: %s', (type, value, path, expected) => {
    const routes = [{ name: 'a', host: '', match: match({ type, value }) }];
    expect(taker(routes, { host: 'x', path })).toBe(expected ? 'a' : undefined);
  });
});

const prefix = (value: string): HttpMatch => match({ type: 'Prefix', value });

describe('of several routes', () => {
  test('the one with the exact host is taken, then the wildcard, then any', () => {
    const routes = [
      { name: 'any', host: '', match: prefix('/') },
      { name: 'wild', host: '*.a.test', match: prefix('/') },
      { name: 'exact', host: 'x.a.test', match: prefix('/x') },
    ];
    expect(taker(routes, { host: 'x.a.test', path: '/x' })).toBe('exact');
    expect(taker(routes, { host: 'x.a.test', path: '/' })).toBe('wild');
    expect(taker(routes, { host: 'y.a.test', path: '/' })).toBe('wild');
    expect(taker(routes, { host: 'a.test', path: '/' })).toBe('any');
    expect(taker(routes, { host: 'y.x.a.test', path: '/' })).toBe('any');
    expect(taker(routes, { host: 'y.x.a.test', path: '/' }, 'labels')).toBe('wild');
  });

  test('a fallback takes what no other takes', () => {
    const routes = [
      { name: 'fallback', host: '', match: match({ type: 'Default', value: '' }) },
      { name: 'root', host: 'a.test', match: prefix('/a') },
    ];
    expect(taker(routes, { host: 'a.test', path: '/b' })).toBe('fallback');
    expect(taker(routes, { host: 'a.test', path: '/a' })).toBe('root');
  });

  test('the one with more conditions is taken where they hold, then the older one', () => {
    const header = { type: 'Exact', name: 'x', value: '1' } as const;
    const routes = [
      { name: 'young', host: '', match: prefix('/'), created: 2 },
      { name: 'old', host: '', match: prefix('/'), created: 1 },
      { name: 'header', host: '', match: { ...prefix('/'), headers: [header] }, created: 3 },
      { name: 'method', host: '', match: { ...prefix('/'), method: 'PUT' }, created: 3 },
      { name: 'query', host: '', match: { ...prefix('/'), query: [{ ...header, name: 'q' }] }, created: 3 },
    ];
    const of = (more: object, path = '/') => taker(routes, { host: 'a', path, ...more });
    expect(of({})).toBe('old');
    expect(of({ headers: { x: '1' } })).toBe('header');
    expect(of({ headers: { x: '2' } })).toBe('old');
    expect(of({ method: 'PUT', headers: { x: '1' } })).toBe('method');
    expect(of({}, '/?q=1')).toBe('query');
  });

  test('precedence is that of a naive model that looks at all of them', () => {
    const element = constantFrom('a', 'b');
    const path = array(element, { maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
    const host = constantFrom('', 'x.t', '*.t', '*.x.t', 'y.x.t');
    const route = record({
      host,
      type: constantFrom('Exact', 'Prefix'),
      value: path,
      created: integer({ min: 0, max: 3 }),
    });
    assert(
      property(
        array(route, { maxLength: 8 }),
        path,
        constantFrom('x.t', 'y.x.t', 'z.t', 't'),
        (made, asked, at) => {
          const routes = made.map(({ type, value, ...one }, index) => ({
            ...one,
            name: `r${index}`,
            match: match({ type, value }),
          }));
          const takes = ({ match: { path: one } }: { match: HttpMatch }): boolean => {
            if (one.type === 'Exact') return asked === one.value;
            const [want, have] = [one.value, asked].map((text) => text.split('/').filter(Boolean));
            return want!.every((part, index) => have![index] === part);
          };
          const fits = ({ host: pattern }: { host: string }): boolean =>
            pattern === '' ||
            pattern === at ||
            (pattern.startsWith('*.') && at.slice(at.indexOf('.')) === pattern.slice(1));
          const rank = (one: (typeof routes)[number]): (number | string)[] => [
            one.host === '' ? 2 : one.host.startsWith('*') ? 1 : 0,
            one.match.path.type === 'Exact' ? 0 : 1,
            -one.match.path.value.replace(/\/$/, '').length,
            one.created,
            one.name,
          ];
          const [best] = routes
            .filter((one) => fits(one) && takes(one))
            .sort((a, b) => {
              const [left, right] = [rank(a), rank(b)];
              const index = left.findIndex((value, i) => value !== right[i]);
              return left[index]! < right[index]! ? -1 : 1;
            });
          expect(taker(routes, { host: at, path: asked })).toBe(best?.name);
        },
      ),
    );
  });
});

describe('a request target', () => {
  test.each([
    ['/a/./b/../c', '/a/c'],
    ['/a/%2e%2E/b', '/b'],
    ['/../..', '/'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/a//b', '/a//b'],
    ['/a..b/.c', '/a..b/.c'],
    ['http://x.test', '/'],
    ['http://x.test:80/a?b', '/a'],
    ['/a#b', '/a'],
  ])('%s has the path %s', (url, path) => {
    expect(parseTarget(url)?.path).toBe(path);
  });

  test.each(['*', '', 'a', '/a b', '/a\\b', 'ftp://x/'])('%s names nothing', (url) => {
    expect(parseTarget(url)).toBeUndefined();
  });
});

test.each([
  ['A.Test', 'a.test'],
  ['a.test:8080', 'a.test'],
  ['a.test.', 'a.test'],
  ['[::1]:80', '[::1]'],
  ['a@b', ''],
  ['a:b', ''],
  [undefined, ''],
])('the host of %s is %s', (authority, host) => {
  expect(hostOf(authority)).toBe(host);
});
