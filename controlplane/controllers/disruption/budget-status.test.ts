import { expect, it } from 'vitest';
import type { PodDisruptionBudgetSpec } from '#api/gen/types.ts';
import { rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { budgetStatus } from './budget-status.ts';
import { UnknownScale } from './expected-scale.ts';

const NOW = Date.UTC(2026, 0, 1);

const metadata = (name: string) => ({
  namespace: 'default',
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: rfc3339(NOW),
});

const budget = (
  spec: PodDisruptionBudgetSpec,
  disruptedPods: { [name: string]: string } = {},
): Kinds['poddisruptionbudgets'] => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { ...metadata('b'), generation: 3 },
  spec,
  status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0, disruptedPods },
});

const pods = (ready: number, notReady = 0): Kinds['pods'][] =>
  Array.from({ length: ready + notReady }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(`p${index}`),
    status: { conditions: [{ type: 'Ready', status: index < ready ? 'True' : 'False' }] },
  }));

it.each([
  [{ minAvailable: 2 }, pods(3), 3, { desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 }],
  [{ minAvailable: 2 }, pods(2, 1), 3, { currentHealthy: 2, disruptionsAllowed: 0 }],
  [{ minAvailable: '50%' }, pods(4), 5, { desiredHealthy: 3, expectedPods: 5, disruptionsAllowed: 1 }],
  [{ maxUnavailable: 1 }, pods(3), 3, { desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 }],
  [{ maxUnavailable: '30%' }, pods(10), 10, { desiredHealthy: 7, disruptionsAllowed: 3 }],
  [{ minAvailable: 0 }, [], 0, { expectedPods: 0, disruptionsAllowed: 0 }],
])('%j over its Pods', (spec, selected, scale, expected) => {
  const status = budgetStatus(budget(spec), selected, () => scale, NOW);
  expect(status).toMatchObject({ observedGeneration: 3, ...expected });
  const isAllowed = (status.disruptionsAllowed ?? 0) > 0;
  expect(status.conditions).toMatchObject([
    { type: 'DisruptionAllowed', status: isAllowed ? 'True' : 'False' },
  ]);
});

it('counts a Pod whose eviction was accepted as gone, for two minutes', () => {
  const fresh = budget({ minAvailable: 1 }, { p0: rfc3339(NOW - 1000) });
  expect(budgetStatus(fresh, pods(3), () => 3, NOW)).toMatchObject({
    currentHealthy: 2,
    disruptionsAllowed: 1,
    disruptedPods: { p0: rfc3339(NOW - 1000) },
  });
  const old = budget({ minAvailable: 1 }, { p0: rfc3339(NOW - 121_000) });
  const status = budgetStatus(old, pods(3), () => 3, NOW);
  expect(status.currentHealthy).toBe(3);
  expect(status).not.toHaveProperty('disruptedPods');
});

const fail = (): number => {
  throw new UnknownScale('found no controllers for pod "p0"');
};

it('allows nothing while the expected number of Pods is not known', () => {
  expect(budgetStatus(budget({ maxUnavailable: 1 }), pods(3), fail, NOW)).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ status: 'False', reason: 'SyncFailed', message: 'found no controllers for pod "p0"' }],
  });
});
