import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResourceCatalog } from '../registry/catalog.ts';
import { parsePath, verbOf } from './request-info.ts';

const CATALOG = new ResourceCatalog();

const described = (path: string): unknown => {
  const route = parsePath(path, CATALOG);
  if (route.kind !== 'resource') return route.kind;
  const { resource, namespace, name, subresource, watch } = route.target;
  return [resource.name, namespace, name, subresource, ...(watch ? ['watch'] : [])];
};

describe('a path', () => {
  it.each([
    ['/api/v1/pods', ['pods', undefined, undefined, undefined]],
    ['/api/v1/namespaces/a/pods', ['pods', 'a', undefined, undefined]],
    ['/api/v1/namespaces/a/pods/b', ['pods', 'a', 'b', undefined]],
    ['/api/v1/namespaces/a/pods/b/status', ['pods', 'a', 'b', 'status']],
    ['/apis/apps/v1/namespaces/a/deployments/b/scale', ['deployments', 'a', 'b', 'scale']],
    ['/api/v1/namespaces', ['namespaces', undefined, undefined, undefined]],
    ['/api/v1/namespaces/a', ['namespaces', undefined, 'a', undefined]],
    ['/api/v1/namespaces/a/finalize', ['namespaces', undefined, 'a', 'finalize']],
    ['/api/v1/nodes/n/status', ['nodes', undefined, 'n', 'status']],
    ['/api/v1/watch/namespaces/a/pods/b', ['pods', 'a', 'b', undefined, 'watch']],
    ['/api/v1/namespaces/a/configmaps/with%20space', ['configmaps', 'a', 'with space', undefined]],
    ['/api/v1/nothing', 'unknown-resource'],
    ['/api/v1/pods/b', 'unknown-resource'],
    ['/api/v1/namespaces/a/nodes/n', 'unknown-resource'],
    ['/api/v1/namespaces/a/pods/b/c/d', 'unknown-resource'],
    ['/api/v1/namespaces/a/configmaps/b/scale', 'unknown-resource'],
    ['/apis/none/v1/x', 'path'],
    ['/api/v2/pods', 'path'],
    ['/api/v1', 'path'],
    ['/apis/apps', 'path'],
    ['/', 'path'],
  ])('%s is read', (path, expected) => {
    expect(described(path)).toEqual(expected);
  });

  it('never fails otherwise than with a URIError', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.string(), (path, tail) => {
        try {
          parsePath(`/api/v1/namespaces/a/${path}${tail}`, CATALOG);
        } catch (error) {
          expect(error).toBeInstanceOf(URIError);
        }
      }),
    );
  });
});

const verb = (method: string, path: string, watch = false): unknown => {
  const route = parsePath(path, CATALOG);
  return route.kind === 'resource' ? verbOf(method, route.target, watch) : route.kind;
};

describe('the verb', () => {
  it.each([
    ['GET', '/api/v1/pods', 'list'],
    ['HEAD', '/api/v1/pods', 'list'],
    ['GET', '/api/v1/namespaces/a/pods/b', 'get'],
    ['POST', '/api/v1/namespaces/a/pods', 'create'],
    ['POST', '/api/v1/pods', undefined],
    ['DELETE', '/api/v1/pods', undefined],
    ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection'],
    ['DELETE', '/api/v1/namespaces', undefined],
    ['PUT', '/api/v1/namespaces/a/pods', undefined],
    ['PATCH', '/api/v1/namespaces/a/pods/b/status', 'patch'],
    ['POST', '/api/v1/namespaces/a/pods/b/status', undefined],
    ['POST', '/api/v1/namespaces/a/pods/b/eviction', 'create'],
    ['GET', '/api/v1/namespaces/a/pods/b/eviction', undefined],
    ['TRACE', '/api/v1/namespaces/a/pods/b', undefined],
  ])('of %s %s is %s', (method, path, expected) => {
    expect(verb(method, path)).toBe(expected);
  });

  it('is watch when the query or the path says so', () => {
    expect(verb('GET', '/api/v1/pods', true)).toBe('watch');
    expect(verb('GET', '/api/v1/watch/pods')).toBe('watch');
  });
});
