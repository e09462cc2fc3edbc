import { afterEach, beforeEach, expect, test } from 'vitest';
import { StatusError } from '#api/status.ts';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { pod } from '../test-objects.ts';
import { startNamespaceController } from './namespace-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(async () => {
  context = testContext();
  controller = startNamespaceController(context);
  await context.client.create('namespaces', {
    metadata: { name: 'default' },
    spec: { finalizers: ['kubernetes'] },
  });
});
afterEach(() => controller.stop());

const namespace = () => context.client.get('namespaces', '', 'default');
const conditions = (): Record<string, string> =>
  Object.fromEntries(
    (namespace()?.status?.conditions ?? []).map(({ type, status, message }) => [
      type,
      `${status}: ${message}`,
    ]),
  );

async function removeNamespace(): Promise<void> {
  await context.client.delete('namespaces', '', 'default');
  await context.client.settled();
}

test('an empty namespace goes at once', async () => {
  await removeNamespace();
  expect(namespace()).toBeUndefined();
});

test('everything in it goes first, Pods before what they may need', async () => {
  const { client } = context;
  await client.seed('pods', pod('p', { nodeName: 'node1' }));
  await client.create('configmaps', { metadata: { namespace: 'default', name: 'c' } });
  await client.create('deployments', {
    metadata: { namespace: 'default', name: 'd' },
    spec: { selector: {}, template: {} },
  });
  await client.create('configmaps', { metadata: { namespace: 'other', name: 'c' } });
  await removeNamespace();
  expect(namespace()?.status?.phase).toBe('Terminating');
  expect(client.get('pods', 'default', 'p')?.metadata.deletionTimestamp).toBeDefined();
  expect(client.get('configmaps', 'default', 'c')).toBeDefined();
  expect(conditions()).toEqual({
    NamespaceDeletionDiscoveryFailure: 'False: All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'False: All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure:
      'False: All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining:
      'True: Some resources are remaining: configmaps. has 1 resource instances, ' +
      'deployments.apps has 1 resource instances, pods. has 1 resource instances',
    NamespaceFinalizersRemaining: 'False: All content-preserving finalizers finished',
  });

  await client.delete('pods', 'default', 'p', { gracePeriodSeconds: 0 });
  await client.settled();
  expect(namespace()).toBeUndefined();
  expect(client.list('deployments')).toEqual([]);
  expect(client.list('configmaps').map(({ metadata }) => metadata.namespace)).toEqual(['other']);
});

test('an object with a finalizer holds the namespace, and its conditions say which', async () => {
  const { client } = context;
  const metadata = { namespace: 'default', name: 'c', finalizers: ['example.com/hold'] };
  await client.create('configmaps', { metadata });
  await removeNamespace();
  expect(conditions()['NamespaceFinalizersRemaining']).toBe(
    'True: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  );
  const held = client.get('configmaps', 'default', 'c')!;
  await client.update('configmaps', { ...held, metadata: { ...held.metadata, finalizers: [] } });
  await client.settled();
  expect(namespace()).toBeUndefined();
});

test('a deletion that is refused is reported and tried again', async () => {
  const { client, clock } = context;
  await client.create('configmaps', { metadata: { namespace: 'default', name: 'c' } });
  client.refuse = ({ verb, resource }) =>
    verb === 'delete' && resource === 'configmaps' ? new StatusError('InternalError', 'not now') : undefined;
  await removeNamespace();
  expect(conditions()['NamespaceDeletionContentFailure']).toMatch(/^True: .*not now/);
  client.refuse = () => undefined;
  clock.advance(1000);
  await client.settled();
  expect(namespace()).toBeUndefined();
});

test('another finalizer in the spec stays with its owner', async () => {
  const { client } = context;
  await client.create('namespaces', {
    metadata: { name: 'mine' },
    spec: { finalizers: ['kubernetes', 'example.com/mine'] },
  });
  await client.delete('namespaces', '', 'mine');
  await client.settled();
  expect(client.get('namespaces', '', 'mine')?.spec?.finalizers).toEqual(['example.com/mine']);
});
