import { expect, it } from 'vitest';
import { MemoryStore } from '../../store/memory-store.ts';
import { FakeClock } from '#api/clock.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import { create, testRegistry, type TestRegistry } from '../test-registry.ts';
import { createRegistry } from '../create-registry.ts';
import type { NamedTarget, Patch } from '../registry.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        color: { type: 'string', default: 'red', enum: ['red', 'blue'] },
        replicas: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' } } },
  },
};

const version = (name: string, more: object = {}): object => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: SCHEMA },
  subresources: {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  },
  selectableFields: [{ jsonPath: '.spec.color' }],
  ...more,
});

const definition = (versions: object[] = [version('v1')]): object => ({
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions,
  },
});

/** Creates the definition and says that it is established, as its controller does. */
async function withWidgets(versions?: object[]): Promise<TestRegistry> {
  const cluster = await testRegistry();
  await create(cluster, 'customresourcedefinitions', definition(versions));
  const made = cluster.client.get('customresourcedefinitions', '', 'widgets.example.com')!;
  const conditions = [{ type: 'Established', status: 'True' }];
  const status = { ...made.status, acceptedNames: made.spec.names, conditions };
  await cluster.client.updateStatus('customresourcedefinitions', { ...made, status });
  return cluster;
}

const widgets = ({ registry }: TestRegistry, name = '', apiVersion = 'example.com/v1'): NamedTarget => ({
  resource: registry.catalog.find(apiVersion, 'widgets') as Resource,
  namespace: 'default',
  name,
});

const widget = (spec: object): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w' },
  spec,
});

const make = async (cluster: TestRegistry, spec: object): Promise<KubeObject> =>
  (await cluster.registry.create(widgets(cluster), widget(spec), cluster.write)).object;

const merge = (body: object): Patch => ({ type: 'merge', body });

it('are served from the write that establishes their definition until it is gone', async () => {
  const cluster = await withWidgets();
  const { resource } = widgets(cluster);
  expect(resource).toMatchObject({ kind: 'Widget', singular: 'widget', subresources: ['scale', 'status'] });
  const { store } = cluster;
  await store.write(
    { resource: 'customresourcedefinitions', namespace: '', name: 'widgets.example.com' },
    () => null,
  );
  expect(cluster.registry.catalog.find('example.com/v1', 'widgets')).toBeUndefined();
});

it('are served again after a restart', async () => {
  const { store } = await withWidgets();
  expect(store).toBeInstanceOf(MemoryStore);
  const again = createRegistry({ store, clock: new FakeClock() });
  expect(again.catalog.find('example.com/v1', 'widgets')).toBeDefined();
});

it('get defaults, a generation and no status, and lose what the schema does not know', async () => {
  const cluster = await withWidgets();
  const warnings: string[] = [];
  const body = { ...widget({ size: 1, unknown: { a: 1 }, extra: { kept: true } }), status: { replicas: 3 } };
  const options = {
    ...cluster.write,
    fieldValidation: 'Warn',
    warn: (text: string) => warnings.push(text),
  } as const;
  const { object } = await cluster.registry.create(widgets(cluster), body, options);
  expect(object['spec']).toEqual({ size: 1, color: 'red', extra: { kept: true } });
  expect(object['status']).toBeUndefined();
  expect(object.metadata.generation).toBe(1);
  expect(warnings).toEqual(['unknown field "spec.unknown"']);
  await expect(cluster.registry.update(widgets(cluster, 'w'), body, cluster.write)).rejects.toThrow(
    'strict decoding error: unknown field "spec.unknown"',
  );
});

it.each([
  [{}, 'spec.size: Required value'],
  [{ size: 'x' }, 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'],
  [{ size: 0 }, 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1'],
  [{ size: 1, color: 'green' }, 'spec.color: Unsupported value: "green": supported values: "red", "blue"'],
  [{ size: 1, tags: ['a', 'a'] }, 'spec.tags[1]: Duplicate value: "a"'],
])('with the spec %j are refused', async (spec, why) => {
  const cluster = await withWidgets();
  await expect(make(cluster, spec)).rejects.toThrow(`Widget.example.com "w" is invalid: ${why}`);
});

it('keep status and spec apart, and count changes of the spec', async () => {
  const cluster = await withWidgets();
  await make(cluster, { size: 1 });
  const { registry, write } = cluster;
  const status = { ...widgets(cluster, 'w'), subresource: 'status' } as const;
  await registry.patch(status, merge({ spec: { size: 9 }, status: { replicas: 2 } }), write);
  const { entry } = await registry.patch(
    widgets(cluster, 'w'),
    merge({ spec: { size: 2 }, status: null }),
    write,
  );
  expect(entry.object).toMatchObject({
    metadata: { generation: 2 },
    spec: { size: 2 },
    status: { replicas: 2 },
  });
});

it('have a scale at the paths that the definition names', async () => {
  const cluster = await withWidgets();
  await make(cluster, { size: 1, replicas: 3 });
  const scale = { ...widgets(cluster, 'w'), subresource: 'scale' } as const;
  expect((await cluster.registry.get(scale)).object).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
  await cluster.registry.patch(scale, merge({ spec: { replicas: 5 } }), cluster.write);
  const { object } = await cluster.registry.get(widgets(cluster, 'w'));
  expect(object['spec']).toMatchObject({ size: 1, replicas: 5 });
});

it('are selected by the fields that the definition names', async () => {
  const cluster = await withWidgets();
  await make(cluster, { size: 1 });
  const count = async (fieldSelector: string): Promise<number> =>
    (await cluster.registry.list(widgets(cluster), { fieldSelector })).entries.length;
  expect(await count('spec.color=red')).toBe(1);
  expect(await count('spec.color=blue')).toBe(0);
  await expect(count('spec.size=1')).rejects.toThrow('field label not supported: spec.size');
});

it('get the defaults that their version got after they were kept when they are read', async () => {
  const cluster = await withWidgets();
  await make(cluster, { size: 1 });
  const properties = { ...SCHEMA.properties, shape: { type: 'string', default: 'round' } };
  const later = version('v1', { schema: { openAPIV3Schema: { ...SCHEMA, properties } } });
  const made = cluster.client.get('customresourcedefinitions', '', 'widgets.example.com')!;
  const changed = { ...made, spec: { ...made.spec, versions: [later] } } as typeof made;
  await cluster.client.update('customresourcedefinitions', changed);
  const { object } = await cluster.registry.get(widgets(cluster, 'w'));
  expect(object).toMatchObject({ spec: { size: 1 }, shape: 'round' });
  const { entries } = await cluster.registry.list(widgets(cluster), {});
  expect(entries[0]?.object['shape']).toBe('round');
});

it('may have finalizers without a domain, with a warning for each new one', async () => {
  const cluster = await withWidgets();
  const warnings: string[] = [];
  const options = { ...cluster.write, warn: (text: string) => warnings.push(text) };
  const body = { ...widget({ size: 1 }), metadata: { name: 'w', finalizers: ['bare', 'example.com/full'] } };
  await cluster.registry.create(widgets(cluster), body, options);
  await cluster.registry.patch(widgets(cluster, 'w'), merge({ spec: { size: 2 } }), options);
  expect(warnings).toEqual([
    'metadata.finalizers: "bare": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
  ]);
});

it('are shown in every served version', async () => {
  const old = version('v1beta1', { storage: false });
  const cluster = await withWidgets([version('v1'), old]);
  await make(cluster, { size: 1 });
  const { object } = await cluster.registry.get(widgets(cluster, 'w', 'example.com/v1beta1'));
  expect(object).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { size: 1 } });
});

it.each([
  [
    { metadata: { name: 'x' } },
    'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
  ],
  [
    { spec: { versions: [version('v1', { schema: undefined })] } },
    'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
  ],
  [
    {
      spec: {
        versions: [
          version('v1', { schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } } }),
        ],
      },
    },
    'spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
  ],
  [
    {
      spec: {
        versions: [
          version('v1', {
            schema: {
              openAPIV3Schema: { type: 'object', 'x-kubernetes-validations': [{ rule: 'nobody.x' }] },
            },
          }),
        ],
      },
    },
    'compilation failed: ERROR: <input>:1:1: undeclared reference to',
  ],
  [
    { spec: { scope: 'All' } },
    'spec.scope: Unsupported value: "All": supported values: "Cluster", "Namespaced"',
  ],
  [
    { spec: { versions: [version('v1'), version('v2')] } },
    'spec.versions: Invalid value: ["v1","v2"]: must have exactly one version marked as storage version',
  ],
])('of a definition with %j are not served: it is refused', async (change, why) => {
  const cluster = await testRegistry();
  const valid = definition() as { metadata: object; spec: object };
  const { metadata, spec } = change as { metadata?: object; spec?: object };
  const body = { metadata: { ...valid.metadata, ...metadata }, spec: { ...valid.spec, ...spec } };
  await expect(create(cluster, 'customresourcedefinitions', body)).rejects.toThrow(why);
});
