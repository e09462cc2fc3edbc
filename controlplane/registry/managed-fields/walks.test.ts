import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepEqual } from '#api/equal.ts';
import { shapeProblem } from './check.ts';
import { compare } from './compare.ts';
import type { PlainObject } from './elements.ts';
import { isEmpty, union } from './field-set.ts';
import { fieldsIn, mergeInto, prune } from './merge.ts';
import { shapeOfSchema } from './schema-shape.ts';
import { shapeOfType } from './shape.ts';

const pod = shapeOfType('Pod');
const names = (list: string): object[] => list.split('').map((name) => ({ name }));
const spec = (containers: string): object => ({ spec: { containers: names(containers) } });

test.each([
  ['abc', 'ca', 'bca'],
  ['ab', 'xb', 'axb'],
  ['abcd', 'dxb', 'acdxb'],
  ['', 'ab', 'ab'],
  ['ab', '', 'ab'],
])('items %s with %s applied come as %s', (live, applied, merged) => {
  expect(mergeInto(spec(live), spec(applied), pod)).toEqual(spec(merged));
});

test('what the configuration names is told as Kubernetes tells it', () => {
  const applied = {
    metadata: { labels: {}, annotations: { a: 'b' }, finalizers: ['x/y'] },
    spec: {
      containers: [{ name: 'c', ports: [{ containerPort: 80 }], env: [], args: [] }],
      nodeSelector: { a: 'b' },
    },
  };
  expect(fieldsIn(applied, pod)).toEqual({
    'f:metadata': {
      'f:labels': {},
      'f:annotations': { 'f:a': {} },
      'f:finalizers': { 'v:"x/y"': {} },
    },
    'f:spec': {
      'f:containers': {
        'k:{"name":"c"}': {
          '.': {},
          'f:name': {},
          'f:args': {},
          'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
        },
      },
      'f:nodeSelector': {},
    },
  });
});

test('a struct that holds nothing but what its only owner gave up goes as a whole', () => {
  const live = { spec: { securityContext: { runAsUser: 1, fsGroup: 2 }, hostname: 'h' } };
  const last = { 'f:spec': { 'f:securityContext': { 'f:runAsUser': {} } } };
  const owned = { 'f:spec': { 'f:hostname': {} } };
  expect(prune(live, last, owned, pod)).toEqual({ spec: { hostname: 'h' } });
  const shared = { 'f:spec': { 'f:securityContext': { 'f:fsGroup': {} } } };
  expect(prune(live, last, shared, pod)).toEqual({
    spec: { securityContext: { fsGroup: 2 }, hostname: 'h' },
  });
});

test('items that are there twice are compared as one', () => {
  const once = { spec: { containers: names('a') } };
  const twice = { spec: { containers: names('aa') } };
  const item = { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': {} } } };
  expect(compare(once, twice, pod).changed).toEqual(item);
  expect(compare(twice, { spec: { containers: [] } }, pod).removed).toEqual(item);
});

test.each([
  [{ spec: { foo: 1 } }, '.spec.foo: field not declared in schema'],
  [
    { spec: { containers: [{ name: 'a' }, { name: 'a' }] } },
    '.spec.containers: duplicate entries for key [name="a"]',
  ],
  [
    { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: 8080 }] }] } },
    '.spec.containers[name="a"].env[name="X"].value: expected string, got &value.valueUnstructured{Value:8080}',
  ],
  [{ spec: { priority: 'high' } }, '.spec.priority: expected numeric (int or float), got string'],
  [{ spec: { hostNetwork: 1 } }, '.spec.hostNetwork: expected boolean, got &{1}'],
  [{ spec: [] }, '.spec: expected map, got &{[]}'],
  [{ spec: { containers: {} } }, '.spec.containers: expected list, got &{map[]}'],
  [
    { spec: { containers: [{ image: 'x' }] } },
    '.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
  ],
  [
    { metadata: { uid: 1 }, spec: { hostname: true } },
    /^errors:\n {2}\.metadata\.uid: .*\n {2}\.spec\.hostname: /,
  ],
])('%j is refused', (applied, problem) => {
  expect(shapeProblem(applied, pod)).toEqual(
    typeof problem === 'string' ? problem : expect.stringMatching(problem),
  );
});

test('a custom resource is owned as its schema says', () => {
  const shape = shapeOfSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          plain: { type: 'array', items: { type: 'string' } },
          whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: { type: 'string' } } },
          keyed: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['id'],
            items: {
              type: 'object',
              properties: { id: { type: 'integer', default: 3 }, v: { type: 'string' } },
            },
          },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  });
  const object = {
    spec: { set: ['a'], plain: ['b'], whole: { a: 'x' }, keyed: [{ v: 'x' }], open: { a: { b: [1] } } },
  };
  expect(shapeProblem(object, shape)).toBeUndefined();
  expect(shapeProblem({ spec: { other: 1 } }, shape)).toBe('.spec.other: field not declared in schema');
  expect(fieldsIn(object, shape)['f:spec']).toEqual({
    'f:set': { 'v:"a"': {} },
    'f:plain': {},
    'f:whole': {},
    'f:keyed': { 'k:{"id":3}': { '.': {}, 'f:v': {} } },
    'f:open': { 'f:a': { '.': {}, 'f:b': {} } },
  });
});

const containers = fc.uniqueArray(
  fc.record(
    {
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      image: fc.constantFrom('x', 'y'),
      env: fc.uniqueArray(fc.record({ name: fc.constantFrom('E', 'F'), value: fc.constantFrom('1', '2') }), {
        selector: ({ name }) => name,
      }),
    },
    { requiredKeys: ['name'] },
  ),
  { selector: ({ name }) => name },
);
const pods = fc.record({
  metadata: fc.record({ labels: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('1', '2')) }),
  spec: fc.record({ containers }),
});

test('after an apply, everything that was applied is there, and applying it again changes nothing', () => {
  fc.assert(
    fc.property(pods, pods, (live, applied) => {
      const merged = mergeInto(live, applied, pod) as PlainObject;
      const { changed, removed } = compare(merged, mergeInto(merged, applied, pod) as PlainObject, pod);
      expect(isEmpty(changed) && isEmpty(removed)).toBe(true);
      expect(deepEqual(mergeInto(merged, applied, pod), merged)).toBe(true);
    }),
  );
});

test('what differs between two objects is owned by whoever applies the second', () => {
  fc.assert(
    fc.property(pods, pods, (one, two) => {
      const { changed, removed } = compare(one, two, pod);
      const same = deepEqual(mergeInto(one, two, pod), one);
      if (isEmpty(changed)) expect(same || !isEmpty(removed)).toBe(true);
      const back = compare(two, one, pod);
      expect(isEmpty(union(changed, removed))).toBe(isEmpty(union(back.changed, back.removed)));
    }),
  );
});
