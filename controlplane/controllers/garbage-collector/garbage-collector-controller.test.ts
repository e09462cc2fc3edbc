import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OwnerReference } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { startGarbageCollector } from './garbage-collector-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(() => {
  context = testContext();
  controller = startGarbageCollector(context);
});
afterEach(() => controller.stop());

type ConfigMap = Kinds['configmaps'];

const ownedBy = (owner: ConfigMap, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...more,
});

/** ConfigMaps stand for owners and owned alike: the collector knows no kinds. */
const make = (
  name: string,
  ownerReferences: OwnerReference[] = [],
  finalizers: string[] = [],
): Promise<ConfigMap> =>
  context.client.create('configmaps', {
    metadata: { namespace: 'default', name, ownerReferences, finalizers },
  });
const names = (): string[] => context.client.list('configmaps').map(({ metadata }) => metadata.name);

async function remove(
  name: string,
  propagationPolicy: 'Foreground' | 'Background' | 'Orphan',
): Promise<void> {
  await context.client.delete('configmaps', 'default', name, { propagationPolicy });
  await context.client.settled();
}

async function release(name: string): Promise<void> {
  const { client } = context;
  const { finalizers, ...metadata } = client.get('configmaps', 'default', name)!.metadata;
  const kept = (finalizers ?? []).filter((one) => one !== 'example.com/hold');
  const current = client.get('configmaps', 'default', name)!;
  await client.update('configmaps', { ...current, metadata: { ...metadata, finalizers: kept } });
  await client.settled();
}

test('what an object owns goes after it, generation by generation', async () => {
  const owner = await make('a');
  const child = await make('b', [ownedBy(owner)]);
  await make('c', [ownedBy(child)]);
  await make('other');
  await remove('a', 'Background');
  expect(names()).toEqual(['other']);
});

test('an object with another owner stays, and forgets the one that is gone', async () => {
  const [one, other] = [await make('one'), await make('other')];
  await make('child', [ownedBy(one), ownedBy(other)]);
  await remove('one', 'Background');
  expect(names()).toEqual(['child', 'other']);
  const child = context.client.get('configmaps', 'default', 'child');
  expect(child?.metadata.ownerReferences).toEqual([ownedBy(other)]);
});

test('an orphaning deletion leaves the dependents, without an owner', async () => {
  const owner = await make('a');
  await make('b', [ownedBy(owner)]);
  await remove('a', 'Orphan');
  expect(names()).toEqual(['b']);
  expect(context.client.get('configmaps', 'default', 'b')?.metadata.ownerReferences).toEqual([]);
});

test('a foreground deletion waits for the dependents that block it', async () => {
  const owner = await make('a');
  await make('blocking', [ownedBy(owner, { blockOwnerDeletion: true })], ['example.com/hold']);
  await make('free', [ownedBy(owner)], ['example.com/hold']);
  await remove('a', 'Foreground');
  expect(names()).toEqual(['a', 'blocking', 'free']);
  for (const { metadata } of context.client.list('configmaps'))
    expect(metadata.deletionTimestamp).toBeDefined();
  await release('blocking');
  expect(names()).toEqual(['free']);
});

test('a foreground deletion goes down through all generations before the owner', async () => {
  const owner = await make('a');
  const child = await make('b', [ownedBy(owner, { blockOwnerDeletion: true })]);
  await make('c', [ownedBy(child, { blockOwnerDeletion: true })], ['example.com/hold']);
  await remove('a', 'Foreground');
  expect(names()).toEqual(['a', 'b', 'c']);
  await release('c');
  expect(names()).toEqual([]);
});

test('objects that own each other in a circle go too when one is deleted in the foreground', async () => {
  const a = await make('a');
  const b = await make('b', [ownedBy(a, { blockOwnerDeletion: true })]);
  const c = await make('c', [ownedBy(b, { blockOwnerDeletion: true })]);
  const { client } = context;
  const current = client.get('configmaps', 'default', 'a')!;
  const ownerReferences = [ownedBy(c, { blockOwnerDeletion: true })];
  await client.update('configmaps', { ...current, metadata: { ...current.metadata, ownerReferences } });
  await remove('a', 'Foreground');
  expect(names()).toEqual([]);
});

test('an object whose owner never was, or was another of the same name, goes', async () => {
  const owner = await make('a');
  await make('dangling', [ownedBy(owner, { uid: 'another' })]);
  await make('lost', [ownedBy(owner, { name: 'nobody' })]);
  await context.client.settled();
  expect(names()).toEqual(['a']);
});

test('an owner in another namespace does not count', async () => {
  const owner = await context.client.create('configmaps', { metadata: { namespace: 'other', name: 'a' } });
  await make('b', [ownedBy(owner)]);
  await context.client.settled();
  expect(names()).toEqual(['a']);
});

test('an owner of a kind that is not served here keeps its object', async () => {
  const owner = await make('a');
  await make('b', [ownedBy(owner, { apiVersion: 'example.com/v1', kind: 'Widget', uid: 'w' })]);
  await context.client.settled();
  expect(names()).toEqual(['a', 'b']);
});

test('a cluster-scoped owner may own what is in a namespace', async () => {
  const node = await context.client.create('nodes', { metadata: { name: 'node1' } });
  const reference = { apiVersion: 'v1', kind: 'Node', name: 'node1', uid: node.metadata.uid };
  await context.client.create('leases', {
    metadata: { namespace: 'kube-node-lease', name: 'node1', ownerReferences: [reference] },
  });
  await context.client.settled();
  expect(context.client.list('leases')).toHaveLength(1);
  await context.client.delete('nodes', '', 'node1');
  await context.client.settled();
  expect(context.client.list('leases')).toEqual([]);
});

test('dependents that were there before the collector started are found', async () => {
  await controller.stop();
  const owner = await make('a');
  await make('b', [ownedBy(owner)]);
  await context.client.delete('configmaps', 'default', 'a', { propagationPolicy: 'Background' });
  expect(names()).toEqual(['b']);
  controller = startGarbageCollector(context);
  await context.client.settled();
  expect(names()).toEqual([]);
});
