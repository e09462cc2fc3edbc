import { expect, test } from 'vitest';
import { RESOURCES, resourceOf } from '#api/resources.ts';
import type { WatchEvent } from '../registry.ts';
import { testRegistry } from '../test-registry.ts';

const view = RESOURCES.find(({ group, name }) => group === 'events.k8s.io' && name === 'events')!;
const inView = { resource: view, namespace: 'default' };
const kept = { resource: resourceOf('events'), namespace: 'default' };
const body = {
  metadata: { name: 'e' },
  involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
  message: 'pulled',
  reason: 'Pulled',
  type: 'Normal',
};

test('a core Event is read, listed, selected and watched as an events.k8s.io Event', async () => {
  const { registry, write } = await testRegistry();
  await registry.create(kept, body, write);
  const expected = { apiVersion: 'events.k8s.io/v1', note: 'pulled', regarding: { name: 'p' } };
  expect((await registry.get({ ...inView, name: 'e' })).object).toMatchObject(expected);
  const { entries } = await registry.list(inView, { fieldSelector: 'regarding.name=p' });
  expect(entries.map(({ json }) => JSON.parse(json) as unknown)).toMatchObject([expected]);
  const events: WatchEvent[] = [];
  registry.watch(inView, {}, (event) => events.push(event))();
  expect(events).toMatchObject([{ type: 'ADDED', entry: { object: expected } }]);
});

test('a patch names the fields of the version that it is sent to', async () => {
  const { registry, write } = await testRegistry();
  await registry.create(kept, body, write);
  const patch = { type: 'merge', body: { note: 'done' } } as const;
  const { entry } = await registry.patch({ ...inView, name: 'e' }, patch, write);
  expect(entry.object).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'done' });
  expect((await registry.get({ ...kept, name: 'e' })).object).toMatchObject({
    apiVersion: 'v1',
    message: 'done',
  });
});
