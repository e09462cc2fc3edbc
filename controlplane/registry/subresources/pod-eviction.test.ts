import { expect, it } from 'vitest';
import type { PodDisruptionBudgetStatus } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { create, podBody, target, testRegistry, type TestRegistry } from '../test-registry.ts';

/** A running, ready Pod `p` labelled `app: web`, and a budget `b` for it. */
async function withBudget(status: Partial<PodDisruptionBudgetStatus>): Promise<TestRegistry> {
  const cluster = await testRegistry();
  const pod = podBody('p') as { metadata: object };
  await create(cluster, 'pods', { ...pod, metadata: { ...pod.metadata, labels: { app: 'web' } } });
  const current = cluster.client.get('pods', 'default', 'p')!;
  const conditions = [{ type: 'Ready', status: 'True' }];
  await cluster.client.updateStatus('pods', { ...current, status: { phase: 'Running', conditions } });
  await create(cluster, 'poddisruptionbudgets', {
    metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  });
  const budget = cluster.client.get('poddisruptionbudgets', 'default', 'b')!;
  const { generation = 0 } = budget.metadata;
  await cluster.client.updateStatus('poddisruptionbudgets', {
    ...budget,
    status: {
      currentHealthy: 1,
      desiredHealthy: 1,
      disruptionsAllowed: 0,
      expectedPods: 1,
      observedGeneration: generation,
      ...status,
    },
  });
  return cluster;
}

const evict = (cluster: TestRegistry): Promise<unknown> =>
  cluster.registry.create(
    { ...target('pods', 'p'), subresource: 'eviction' },
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } },
    cluster.write,
  );

it('is refused when the budget has no room', async () => {
  const cluster = await withBudget({});
  await expect(evict(cluster)).rejects.toMatchObject({
    code: 429,
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget b needs 1 healthy pods and has 1 currently',
        },
      ],
    },
  });
  expect(cluster.client.get('pods', 'default', 'p')?.metadata.deletionTimestamp).toBeUndefined();
});

it('is charged to the budget, which remembers the Pod', async () => {
  const cluster = await withBudget({ disruptionsAllowed: 1 });
  await evict(cluster);
  expect(cluster.client.get('pods', 'default', 'p')).toBeUndefined();
  const { status } = cluster.client.get('poddisruptionbudgets', 'default', 'b')!;
  expect(status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { p: expect.any(String) as string } });
});

it('of a Pod that is not ready is allowed while the others are enough', async () => {
  const cluster = await withBudget({});
  const pod: Kinds['pods'] = cluster.client.get('pods', 'default', 'p')!;
  await cluster.client.updateStatus('pods', { ...pod, status: { phase: 'Running', conditions: [] } });
  await evict(cluster);
  expect(cluster.client.get('pods', 'default', 'p')).toBeUndefined();
});
