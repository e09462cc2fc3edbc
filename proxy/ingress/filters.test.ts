import { expect, test } from 'vitest';
import type { HttpFilter, HttpPathChange } from '#api/http-routes.ts';
import { pickBackend } from './backends.ts';
import { changeHeaders, changePath, type Headers, locationOf } from './filters.ts';
import { type Candidate, toCandidate } from './match.ts';
import { aListener, aRoute, aRule } from './testing.ts';

function candidateFor(prefix: string): Candidate {
  const rule = aRule('', prefix, 'web');
  return toCandidate(aRoute('a', [rule]), rule, rule.matches[0]!, 0);
}

/** The table of HTTPPathModifier.replacePrefixMatch. */
test.each([
  ['/foo/bar', '/foo', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'],
  ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
  ['/foo', '/foo', '/xyz', '/xyz'],
  ['/foo/', '/foo', '/xyz', '/xyz/'],
  ['/foo/bar', '/foo', '', '/bar'],
  ['/foo/', '/foo', '', '/'],
  ['/foo', '/foo', '', '/'],
  ['/foo/', '/foo', '/', '/'],
  ['/foo', '/foo', '/', '/'],
  ['/a', '/', '/x', '/x/a'],
])('%s, of which %s is replaced by %s, becomes %s', (path, prefix, value, expected) => {
  expect(changePath(path, { type: 'prefix', value }, candidateFor(prefix))).toBe(expected);
});

const redirect = (more: Partial<Extract<HttpFilter, { type: 'redirect' }>> = {}) =>
  ({ type: 'redirect', statusCode: 302, ...more }) as const;
const full: HttpPathChange = { type: 'full', value: '/new' };

test.each([
  ['the path alone', redirect({ path: full }), { port: 80 }, 'http://a.test/new?q=1'],
  ['on a port of its own', redirect({ path: full }), { port: 8080 }, 'http://a.test:8080/new?q=1'],
  ['to HTTPS', redirect({ scheme: 'https' }), { port: 8080 }, 'https://a.test/x?q=1'],
  ['to HTTPS on a port', redirect({ scheme: 'https', port: 8443 }), {}, 'https://a.test:8443/x?q=1'],
  ['to another host', redirect({ hostname: 'b.test' }), { port: 80 }, 'http://b.test/x?q=1'],
  ['to a port that is the scheme’s own', redirect({ port: 80 }), { port: 8080 }, 'http://a.test/x?q=1'],
])('a redirect %s', (_, filter, listener, expected) => {
  const request = { host: 'a.test', path: '/x', search: '?q=1' };
  expect(locationOf(filter, request, aListener(listener), candidateFor('/'))).toBe(expected);
});

const header = (name: string, value: string) => ({ name, value });

test('headers are removed, set and added', () => {
  const headers: Headers = { gone: '1', kept: '1', list: ['a'] };
  const filter: HttpFilter = {
    type: 'request-headers',
    remove: ['gone'],
    set: [header('new', '1'), header('kept', '2')],
    add: [header('kept', '3'), header('list', 'b'), header('other', 'c')],
  };
  changeHeaders(headers, [filter, { ...filter, type: 'response-headers' }], 'request-headers');
  expect(headers).toEqual({ new: '1', kept: '2,3', list: ['a', 'b'], other: 'c' });
});

const backend = (name: string, weight: number) => ({
  weight,
  service: { namespace: 'default', name, port: 80 },
  filters: [],
});

test('backends are picked by weight, and those of weight 0 never', () => {
  const backends = [backend('none', 0), backend('one', 1), backend('three', 3)];
  const picked = (random: number) => pickBackend(backends, () => random)?.service?.name;
  expect([0, 0.24, 0.26, 0.99].map(picked)).toEqual(['one', 'one', 'three', 'three']);
  expect(pickBackend([backend('none', 0)])).toBeUndefined();
  expect(pickBackend([backend('none', 0), backend('other', 0)])).toBeUndefined();
  expect(pickBackend([])).toBeUndefined();
});
