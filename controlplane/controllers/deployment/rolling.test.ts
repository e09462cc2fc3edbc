import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from './replica-sets.ts';
import { fenceposts, sizeOf } from './replica-sets.ts';
import { planRolling } from './rolling.ts';

const metadata = { name: '', uid: '', resourceVersion: '', creationTimestamp: '' };
const selector = {};

function deployment(
  replicas: number,
  maxSurge: number | string,
  maxUnavailable: number | string,
): Deployment {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
  const spec = { replicas, selector, strategy, template: {} };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
}

function replicaSet(name: string, replicas: number, availableReplicas: number): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...metadata, name, creationTimestamp: name },
    spec: { replicas, selector },
    status: { replicas, availableReplicas },
  };
}

const plan = (owner: Deployment, fresh: ReplicaSet, ...old: ReplicaSet[]) =>
  planRolling(owner, fresh, old).map((scaling) => [scaling.replicaSet.metadata.name, scaling.replicas]);

describe('fenceposts', () => {
  it.each([
    [10, 1, 1, { surge: 1, unavailable: 1 }],
    [10, '25%', '25%', { surge: 3, unavailable: 2 }],
    [1, '25%', '25%', { surge: 1, unavailable: 0 }],
    [3, 0, '10%', { surge: 0, unavailable: 1 }],
    [2, 0, 5, { surge: 0, unavailable: 2 }],
    [0, '25%', '25%', { surge: 0, unavailable: 0 }],
  ] as const)(
    'of %i replicas with maxSurge %s and maxUnavailable %s',
    (replicas, surge, unavailable, expected) => {
      expect(fenceposts(deployment(replicas, surge, unavailable))).toEqual(expected);
    },
  );
});

describe('planRolling', () => {
  const ten = deployment(10, 1, 1);

  it('first lets the new ReplicaSet grow into the surge', () => {
    expect(plan(ten, replicaSet('new', 0, 0), replicaSet('old', 10, 10))).toEqual([['new', 1]]);
  });

  it('then lets the old one shrink to what must be available', () => {
    expect(plan(ten, replicaSet('new', 1, 0), replicaSet('old', 10, 10))).toEqual([['old', 9]]);
  });

  it('waits while new Pods are not available', () => {
    expect(plan(ten, replicaSet('new', 2, 0), replicaSet('old', 9, 9))).toEqual([]);
  });

  it('shrinks a new ReplicaSet that is larger than desired', () => {
    expect(plan(ten, replicaSet('new', 12, 12))).toEqual([['new', 10]]);
  });

  it('takes Pods that do not work from the oldest ReplicaSet first', () => {
    const [older, newer] = [replicaSet('1', 8, 8), replicaSet('2', 2, 0)];
    expect(plan(ten, replicaSet('new', 1, 1), newer, older)).toEqual([['2', 0]]);
  });

  it('leaves old Pods that do not work while as many new ones are not available', () => {
    expect(plan(ten, replicaSet('new', 2, 0), replicaSet('old', 9, 8))).toEqual([]);
  });

  it('does not trust a status that counts more Pods than the ReplicaSet has left', () => {
    const noSurge = deployment(10, 0, 1);
    const [older, scaled] = [replicaSet('1', 2, 2), replicaSet('2', 2, 5)];
    expect(plan(noSurge, replicaSet('new', 6, 6), older, scaled)).toEqual([['1', 1]]);
  });

  it('has nothing to do when the rollout is complete', () => {
    expect(plan(ten, replicaSet('new', 10, 10), replicaSet('old', 0, 0))).toEqual([]);
  });
});

/** Pods of a ReplicaSet: how many there are and how many are available. */
interface Model {
  total: number;
  available: number;
}

describe('a rolling update over any history of Pods', () => {
  const bound = fc.oneof(
    fc.nat(6),
    fc.nat(100).map((percent) => `${percent}%`),
  );
  const history = fc.record({
    replicas: fc.integer({ min: 1, max: 15 }),
    maxSurge: bound,
    maxUnavailable: bound,
    /** Which ReplicaSet's Pods change, and whether one becomes available or fails; or (`rollout`) a new template; or nothing but that the plan is asked for again (`stale`). */
    steps: fc.array(
      fc.record({ at: fc.nat(), gain: fc.boolean(), rollout: fc.nat(20), stale: fc.boolean() }),
      { maxLength: 120 },
    ),
  });

  it('keeps the total within desired + maxSurge and takes no available Pod below desired - maxUnavailable', () => {
    fc.assert(
      fc.property(history, ({ replicas, maxSurge, maxUnavailable, steps }) => {
        const owner = deployment(replicas, maxSurge, maxUnavailable);
        const { surge, unavailable } = fenceposts(owner);
        const sets: Model[] = [
          { total: replicas, available: replicas },
          { total: 0, available: 0 },
        ];
        let reported = sets.map((one) => ({ ...one }));
        for (const { at, gain, rollout, stale } of steps) {
          // Asked again before the ReplicaSets have told what the last scaling did to them.
          if (!stale) {
            if (rollout === 0) sets.push({ total: 0, available: 0 });
            const chosen = sets[at % sets.length]!;
            if (gain) chosen.available = Math.min(chosen.total, chosen.available + 1);
            else chosen.available = Math.max(0, chosen.available - 1);
            reported = sets.map((one) => ({ ...one }));
          }
          const before = sum(sets, 'available');
          applyPlan(owner, sets, reported);
          expect(sum(sets, 'total')).toBeLessThanOrEqual(replicas + surge);
          expect(sum(sets, 'available')).toBeGreaterThanOrEqual(Math.min(before, replicas - unavailable));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('always comes to its end when Pods become available', () => {
    fc.assert(
      fc.property(history, ({ replicas, maxSurge, maxUnavailable }) => {
        const owner = deployment(replicas, maxSurge, maxUnavailable);
        const sets = [
          { total: replicas, available: replicas },
          { total: 0, available: 0 },
        ];
        for (let step = 0; step < 4 * replicas + 4; step += 1) {
          applyPlan(
            owner,
            sets,
            sets.map((one) => ({ ...one })),
          );
          for (const one of sets) one.available = one.total;
        }
        expect(sets).toEqual([
          { total: 0, available: 0 },
          { total: replicas, available: replicas },
        ]);
      }),
    );
  });
});

const sum = (sets: readonly Model[], field: keyof Model): number =>
  sets.reduce((total, one) => total + one[field], 0);

/** Asks with the sizes of now and the availability that was reported; scales as a ReplicaSet does: those that do not work go first. */
function applyPlan(owner: Deployment, sets: Model[], reported: readonly Model[]): void {
  const shown = sets.map(({ total }, index) =>
    replicaSet(String(index), total, reported[index]?.available ?? 0),
  );
  for (const scaling of planRolling(owner, shown.at(-1)!, shown.slice(0, -1))) {
    const model = sets[shown.indexOf(scaling.replicaSet)]!;
    expect(scaling.replicas).not.toBe(sizeOf(scaling.replicaSet));
    model.total = scaling.replicas;
    model.available = Math.min(model.available, model.total);
  }
}
