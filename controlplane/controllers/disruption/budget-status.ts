import { rfc3339 } from '#api/clock.ts';
import type { Condition, PodDisruptionBudgetStatus } from '#api/gen/types.ts';
import { percentOf, scaledValue } from '#api/int-or-string.ts';
import type { Kinds } from '#api/resources.ts';
import { isReady } from '../pod-state.ts';
import { UnknownScale } from './expected-scale.ts';

type Pod = Kinds['pods'];
type Budget = Kinds['poddisruptionbudgets'];

/** An eviction that has not shown after this time did not happen (`DeletionTimeout`). */
export const DELETION_TIMEOUT_MS = 120_000;

/**
 * The status of a budget over the Pods that it selects (disruption `trySync`). `scale` tells how many Pods their controllers want, and may
 * throw `UnknownScale`.
 */
export function budgetStatus(
  budget: Budget,
  pods: readonly Pod[],
  scale: () => number,
  now: number,
): PodDisruptionBudgetStatus {
  const disruptedPods = stillDisrupted(budget, pods, now);
  const currentHealthy = pods.filter((pod) => isHealthy(pod, disruptedPods)).length;
  try {
    const { expectedPods, desiredHealthy } = goal(budget, pods, scale);
    const room = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const reason = room > 0 ? 'SufficientPods' : 'InsufficientPods';
    return {
      ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed: room,
      ...common(budget, room > 0, reason, '', now),
    };
  } catch (error) {
    if (!(error instanceof UnknownScale)) throw error;
    const { currentHealthy: known = 0, desiredHealthy = 0, expectedPods = 0 } = budget.status ?? {};
    return {
      ...budget.status,
      currentHealthy: known,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed: 0,
      ...common(budget, false, 'SyncFailed', error.message, now),
    };
  }
}

const isHealthy = (pod: Pod, disrupted: { readonly [name: string]: string }): boolean =>
  pod.metadata.deletionTimestamp === undefined && disrupted[pod.metadata.name] === undefined && isReady(pod);

function stillDisrupted({ status }: Budget, pods: readonly Pod[], now: number): { [name: string]: string } {
  const names = new Set(
    pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name),
  );
  return Object.fromEntries(
    Object.entries(status?.disruptedPods ?? {}).filter(
      ([name, since]) => names.has(name) && Date.parse(since) + DELETION_TIMEOUT_MS > now,
    ),
  );
}

interface Goal {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** disruption `getExpectedPodCount`. */
function goal({ spec }: Budget, pods: readonly Pod[], scale: () => number): Goal {
  if (spec?.maxUnavailable !== undefined) {
    const expectedPods = scale();
    const unavailable = scaledValue(spec.maxUnavailable, expectedPods, Math.ceil);
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - unavailable) };
  }
  const least = spec?.minAvailable;
  if (least === undefined) return { expectedPods: pods.length, desiredHealthy: 0 };
  if (percentOf(least) === undefined) {
    return { expectedPods: pods.length, desiredHealthy: scaledValue(least, 0, Math.ceil) };
  }
  const expectedPods = scale();
  return { expectedPods, desiredHealthy: scaledValue(least, expectedPods, Math.ceil) };
}

function common(
  { metadata, status }: Budget,
  isAllowed: boolean,
  reason: string,
  message: string,
  now: number,
): { conditions: Condition[]; observedGeneration: number } {
  const observedGeneration = metadata.generation ?? 0;
  const type = 'DisruptionAllowed';
  const before = status?.conditions?.find((one) => one.type === type);
  const value = isAllowed ? 'True' : 'False';
  const lastTransitionTime = before?.status === value ? before.lastTransitionTime : rfc3339(now);
  const others = (status?.conditions ?? []).filter((one) => one.type !== type);
  const condition = { type, status: value, reason, message, lastTransitionTime, observedGeneration };
  return { conditions: [...others, condition], observedGeneration };
}
