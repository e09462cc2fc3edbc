import { expect, test } from 'vitest';
import { create, target, testRegistry, workloadBody, type TestRegistry } from '../test-registry.ts';

const configMap = (data: object, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'one', ...rest },
  data,
});

const apply = async (fixture: TestRegistry, body: unknown, fieldManager = 'a', force = false) => {
  const patch = { type: 'apply', body, force } as const;
  const written = await fixture.registry.patch(target('configmaps', 'one'), patch, {
    ...fixture.write,
    fieldManager,
  });
  return written.entry.object;
};

test('applying what is not there creates it, and the applier owns just what it named', async () => {
  const object = await apply(await testRegistry(), configMap({ a: '1' }, { labels: { app: 'x' } }));
  expect(object.metadata.managedFields).toMatchObject([
    {
      manager: 'a',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:app': {} } } },
    },
  ]);
});

test('applying the same again writes nothing', async () => {
  const fixture = await testRegistry();
  const first = await apply(fixture, configMap({ a: '1' }));
  expect(await apply(fixture, configMap({ a: '1' }))).toEqual(first);
});

test('a field that its only applier leaves out goes, and a shared one stays', async () => {
  const fixture = await testRegistry();
  await apply(fixture, configMap({ own: '1', shared: '1' }));
  await apply(fixture, configMap({ shared: '1' }), 'b');
  const object = await apply(fixture, configMap({ new: '1' }));
  expect(object['data']).toEqual({ shared: '1', new: '1' });
});

test('another value of a field that somebody else owns is a conflict, unless forced', async () => {
  const fixture = await testRegistry();
  await create(fixture, 'configmaps', configMap({ a: '1' }));
  await expect(apply(fixture, configMap({ a: '2' }))).rejects.toMatchObject({
    reason: 'Conflict',
    message: 'Apply failed with 1 conflict: conflict with "test" using v1: .data.a',
    details: {
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "test" using v1', field: '.data.a' },
      ],
    },
  });
  const object = await apply(fixture, configMap({ a: '2' }), 'a', true);
  expect(object['data']).toEqual({ a: '2' });
  expect(object.metadata.managedFields).toMatchObject([
    { manager: 'a', operation: 'Apply' },
    { manager: 'test', operation: 'Update', fieldsV1: { 'f:data': {} } },
  ]);
});

test('creating owns items of lists by their keys, and whole maps with what is in them', async () => {
  const fixture = await testRegistry();
  const object = await create(fixture, 'deployments', workloadBody('web'));
  const [entry] = object.metadata.managedFields!;
  expect(entry).toMatchObject({ manager: 'test', operation: 'Update', apiVersion: 'apps/v1' });
  expect(entry!.fieldsV1).toMatchObject({
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
      },
    },
  });
  expect(Object.keys(entry!.fieldsV1!)).toEqual(['f:spec']);
});

test('an empty list of managed fields clears them', async () => {
  const fixture = await testRegistry();
  await create(fixture, 'configmaps', configMap({ a: '1' }));
  const patch = { type: 'merge', body: { metadata: { managedFields: [{}] } } } as const;
  const { entry } = await fixture.registry.patch(target('configmaps', 'one'), patch, fixture.write);
  expect(entry.object.metadata.managedFields).toBeUndefined();
});
