import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { startReplicationController } from './replicaset-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(() => {
  context = testContext();
  controller = startReplicationController(context);
});
afterEach(() => controller.stop());

const labels = { app: 'web' };
const make = async (replicas: number): Promise<void> => {
  await context.client.create('replicationcontrollers', {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: labels,
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:alpine' }] } },
    },
  });
  await context.client.settled();
};

it('keeps its Pods, owns them by its own kind, and counts them', async () => {
  await make(2);
  const pods = context.client.list('pods');
  expect(pods.map(({ metadata }) => metadata.ownerReferences?.[0])).toMatchObject([
    { apiVersion: 'v1', kind: 'ReplicationController', name: 'web', controller: true },
    { apiVersion: 'v1', kind: 'ReplicationController', name: 'web', controller: true },
  ]);
  const status = context.client.get('replicationcontrollers', 'default', 'web')?.status;
  expect(status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 2 });
  expect(status).not.toHaveProperty('terminatingReplicas');
});

it('replaces a Pod that is deleted, and adopts one that it selects', async () => {
  await context.client.create('pods', {
    metadata: { namespace: 'default', name: 'orphan', labels },
    spec: { containers: [{ name: 'c', image: 'nginx:alpine' }] },
  });
  await make(1);
  expect(context.client.list('pods').map(({ metadata }) => metadata.name)).toEqual(['orphan']);
  await context.client.delete('pods', 'default', 'orphan');
  await context.client.settled();
  const [pod] = context.client.list('pods');
  expect(pod?.metadata.name).toMatch(/^web-/);
});
