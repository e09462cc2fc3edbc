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

test('a Scale that is applied owns the replicas of its workload', async () => {
  const fixture = await testRegistry();
  await create(fixture, 'deployments', workloadBody('web'));
  const scale = { ...target('deployments', 'web'), subresource: 'scale' as const };
  const applyScale = (replicas: number, force: boolean) => {
    const body = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas },
    };
    const options = { ...fixture.write, fieldManager: 'scaler' };
    return fixture.registry.patch(scale, { type: 'apply', body, force }, options);
  };
  await expect(applyScale(3, false)).rejects.toThrow(
    'Apply failed with 1 conflict: conflict with "test" using autoscaling/v1: .spec.replicas',
  );
  expect((await applyScale(3, true)).entry.object).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
  const { object } = await fixture.registry.get(target('deployments', 'web'));
  expect(object).toMatchObject({ spec: { replicas: 3 } });
  const [scaler, test] = object.metadata.managedFields!;
  expect(scaler).toMatchObject({
    manager: 'scaler',
    operation: 'Apply',
    apiVersion: 'apps/v1',
    subresource: 'scale',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  });
  expect(test!.fieldsV1).not.toHaveProperty(['f:spec', 'f:replicas']);
});

test('what is applied to no object of the kind is refused in the words of Kubernetes', async () => {
  const fixture = await testRegistry();
  const body = configMap({ a: '1' });
  await expect(apply(fixture, { ...body, kind: 'Pod' })).rejects.toThrow(
    'invalid object type: /v1, Kind=Pod',
  );
  await expect(apply(fixture, configMap({}, { managedFields: [] }))).rejects.toThrow(
    'metadata.managedFields must be nil',
  );
  await expect(apply(fixture, configMap({}, { uid: 'u' }))).rejects.toThrow(
    'uid mismatch: the provided object specified uid u, and no existing object was found',
  );
  await expect(apply(fixture, { ...body, foo: 1 })).rejects.toMatchObject({
    code: 500,
    message:
      'failed to create typed patch object (/one; /v1, Kind=ConfigMap): .foo: field not declared in schema',
  });
});

test('after a reset nobody is tracked until somebody applies, who then takes from whoever was there before', async () => {
  const fixture = await testRegistry();
  await create(fixture, 'configmaps', configMap({ a: '1' }));
  const patch = (body: object) =>
    fixture.registry.patch(target('configmaps', 'one'), { type: 'merge', body }, fixture.write);
  await patch({ metadata: { managedFields: [{}] } });
  const { entry } = await patch({ data: { b: '1' } });
  expect(entry.object.metadata.managedFields).toBeUndefined();
  await expect(apply(fixture, configMap({ b: '2' }))).rejects.toThrow(
    'conflict with "before-first-apply" using v1: .data.b',
  );
});

test('a manager that is one too many joins the oldest two', async () => {
  const fixture = await testRegistry();
  await create(fixture, 'configmaps', configMap({ a: '1' }));
  for (let index = 0; index < 11; index++) {
    fixture.clock.advance(1000);
    const body = { data: { [`k${index}`]: '1' } };
    const options = { ...fixture.write, fieldManager: `m${index}` };
    await fixture.registry.patch(target('configmaps', 'one'), { type: 'merge', body }, options);
  }
  const { object } = await fixture.registry.get(target('configmaps', 'one'));
  const managers = object.metadata.managedFields!.map(({ manager }) => manager);
  expect(managers).toHaveLength(10);
  expect(managers[0]).toBe('ancient-changes');
  expect(object.metadata.managedFields![0]!.fieldsV1).toMatchObject({ 'f:data': { 'f:a': {}, 'f:k1': {} } });
});

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const appliedByClient = async (data: object, live = data): Promise<TestRegistry> => {
  const fixture = await testRegistry();
  const annotations = { [LAST_APPLIED]: JSON.stringify(configMap(data)) };
  await create(fixture, 'configmaps', configMap(live, { annotations }));
  return fixture;
};

test('kubectl takes over what it has applied from the client, and writes down what it applies now', async () => {
  const object = await apply(await appliedByClient({ a: '1' }), configMap({ a: '<2>' }), 'kubectl');
  expect(object['data']).toEqual({ a: '<2>' });
  expect(object.metadata.annotations?.[LAST_APPLIED]).toBe(
    '{"apiVersion":"v1","data":{"a":"\\u003c2\\u003e"},"kind":"ConfigMap","metadata":{"name":"one"}}\n',
  );
});

test('what was changed since the client applied it stays a conflict', async () => {
  const fixture = await appliedByClient({ a: '1' }, { a: 'changed' });
  await expect(apply(fixture, configMap({ a: '2' }), 'kubectl')).rejects.toMatchObject({
    reason: 'Conflict',
  });
});

test('other managers take over nothing from the client, and leave its annotation alone', async () => {
  const fixture = await appliedByClient({ a: '1' });
  await expect(apply(fixture, configMap({ a: '2' }), 'b')).rejects.toMatchObject({ reason: 'Conflict' });
  const object = await apply(fixture, configMap({ b: '2' }), 'b');
  expect(object.metadata.annotations?.[LAST_APPLIED]).toBe(JSON.stringify(configMap({ a: '1' })));
});

test.each(['', 'no JSON', '[]', `{"apiVersion":"v1","data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`])(
  'an annotation that holds no configuration lets kubectl take over nothing (%#)',
  async (text) => {
    const fixture = await testRegistry();
    await create(fixture, 'configmaps', configMap({ a: '1' }, { annotations: { [LAST_APPLIED]: text } }));
    await expect(apply(fixture, configMap({ a: '2' }), 'kubectl')).rejects.toMatchObject({
      reason: 'Conflict',
    });
  },
);
