import { rfc3339 } from '#api/clock.ts';
import type { ReplicaSetCondition, ReplicaSetStatus } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { availableAt, isReady } from '../pod-state.ts';

type Pod = Kinds['pods'];

export interface Observation {
  readonly replicaSet: Kinds['replicasets'];
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** What creating or deleting Pods failed with. */
  readonly failure: Error | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The status to write, as `calculateStatus` in `pkg/controller/replicaset/replica_set_utils.go`. */
export function replicaSetStatus(observation: Observation): ReplicaSetStatus {
  const { replicaSet, active, terminating, now } = observation;
  const matches = labelSelectorMatcher({ matchLabels: replicaSet.spec?.template?.metadata?.labels ?? {} });
  const minReady = replicaSet.spec?.minReadySeconds ?? 0;
  const conditions = conditionsOf(observation);
  return {
    replicas: active.length,
    ...unlessZero(
      'fullyLabeledReplicas',
      count(active, (pod) => matches(pod.metadata.labels)),
    ),
    ...unlessZero('readyReplicas', count(active, isReady)),
    ...unlessZero(
      'availableReplicas',
      count(active, (pod) => (availableAt(pod, minReady) ?? Infinity) <= now),
    ),
    terminatingReplicas: terminating.length,
    ...unlessZero('observedGeneration', replicaSet.metadata.generation ?? 0),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** Milliseconds until the next ready Pod becomes available; undefined when none is waiting for that. */
export function nextAvailability(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): number | undefined {
  const times = pods
    .map((pod) => availableAt(pod, minReadySeconds))
    .filter((time): time is number => time !== undefined && time > now);
  return times.length === 0 ? undefined : Math.min(...times) - now;
}

/** A failure that is there already keeps its reason and time. */
function conditionsOf({ replicaSet, active, failure, now }: Observation): ReplicaSetCondition[] {
  const before = replicaSet.status?.conditions ?? [];
  const others = before.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  if (others.length < before.length) return [...before];
  const reason = active.length < (replicaSet.spec?.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
  const condition = {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: rfc3339(now),
    reason,
    message: failure.message,
  };
  return [...others, condition];
}

const count = <T>(list: readonly T[], test: (one: T) => boolean): number => list.filter(test).length;

/** Go's `omitempty`. */
const unlessZero = <K extends string>(key: K, value: number): Partial<Record<K, number>> =>
  (value === 0 ? {} : { [key]: value }) as Partial<Record<K, number>>;
