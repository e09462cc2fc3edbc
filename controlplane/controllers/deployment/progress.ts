import { rfc3339 } from '#api/clock.ts';
import type { DeploymentCondition, DeploymentStatus } from '#api/gen/types.ts';
import type { Deployment, ReplicaSet, ReplicaSets } from './replica-sets.ts';
import { allOf, desiredOf, fenceposts, sum, totalSize } from './replica-sets.ts';

/** `math.MaxInt32`: no deadline. */
const NO_DEADLINE = 2_147_483_647;

export const hasDeadline = (deployment: Deployment): boolean =>
  (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE;

export const conditionOf = (status: DeploymentStatus, type: string): DeploymentCondition | undefined =>
  status.conditions?.find((condition) => condition.type === type);

export const newCondition = (
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: number,
): DeploymentCondition => ({
  type,
  status,
  lastUpdateTime: rfc3339(now),
  lastTransitionTime: rfc3339(now),
  reason,
  message,
});

/** A condition of the same status and reason stays as it is; one of the same status keeps its transition (`SetDeploymentCondition`). */
export function setCondition(
  conditions: readonly DeploymentCondition[],
  condition: DeploymentCondition,
): DeploymentCondition[] {
  const current = conditions.find(({ type }) => type === condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) return [...conditions];
  return [...without(conditions, condition.type), keepTransition(current, condition)];
}

const without = (conditions: readonly DeploymentCondition[], type: string): DeploymentCondition[] =>
  conditions.filter((condition) => condition.type !== type);

const keepTransition = (
  current: DeploymentCondition | undefined,
  condition: DeploymentCondition,
): DeploymentCondition =>
  current?.status === condition.status && current.lastTransitionTime !== undefined
    ? { ...condition, lastTransitionTime: current.lastTransitionTime }
    : condition;

/** Counts and the condition Available (`calculateStatus`); `now` in milliseconds since the epoch. */
export function deploymentStatus(deployment: Deployment, sets: ReplicaSets, now: number): DeploymentStatus {
  const all = allOf(sets);
  const count = (field: CountField, list = all) => sum(list, (one) => one.status?.[field] ?? 0);
  const available = count('availableReplicas');
  const collisions = deployment.status?.collisionCount;
  const before = deployment.status?.conditions ?? [];
  return {
    ...withoutZeros({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: count('replicas'),
      updatedReplicas: sets.fresh === undefined ? 0 : count('replicas', [sets.fresh]),
      readyReplicas: count('readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, totalSize(all) - available),
    }),
    ...(all.some((one) => one.status?.terminatingReplicas !== undefined)
      ? { terminatingReplicas: count('terminatingReplicas') }
      : {}),
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
    conditions: setCondition(before, availability(deployment, available, now)),
  };
}

type CountField = 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas';

/** Go's `omitempty`. */
const withoutZeros = <T extends Record<string, number>>(counts: T): Partial<T> =>
  Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0)) as Partial<T>;

function availability(deployment: Deployment, available: number, now: number): DeploymentCondition {
  const enough = available >= desiredOf(deployment) - fenceposts(deployment).unavailable;
  return enough
    ? newCondition(
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
        now,
      )
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
}

/** The status during and after a rollout, with the condition Progressing (`syncRolloutStatus`). */
export function rolloutStatus(deployment: Deployment, sets: ReplicaSets, now: number): DeploymentStatus {
  const status = deploymentStatus(deployment, sets, now);
  const conditions = progressConditions(deployment, status, sets.fresh, now);
  const failure = replicaFailure(sets);
  const rest = without(conditions, 'ReplicaFailure');
  return { ...status, conditions: failure === undefined ? rest : setCondition(conditions, failure) };
}

function progressConditions(
  deployment: Deployment,
  status: DeploymentStatus,
  fresh: ReplicaSet | undefined,
  now: number,
): DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  if (!hasDeadline(deployment)) return without(conditions, 'Progressing');
  const current = conditionOf(deployment.status ?? {}, 'Progressing');
  const settled = current?.reason === 'NewReplicaSetAvailable' && status.replicas === status.updatedReplicas;
  if (settled) return conditions;
  const subject =
    fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return setCondition(
      conditions,
      newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, now),
    );
  }
  if (hasProgressed(deployment, status)) {
    const message = `${subject} is progressing.`;
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', message, now);
    // The one condition that is written again with the same reason: its lastUpdateTime is what the deadline counts from.
    return [...without(conditions, 'Progressing'), keepTransition(current, condition)];
  }
  if (!hasTimedOut(deployment, status, now)) return conditions;
  const message = `${subject} has timed out progressing.`;
  return setCondition(
    conditions,
    newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now),
  );
}

/** `DeploymentComplete`. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed({ status: before = {} }: Deployment, after: DeploymentStatus): boolean {
  const grew = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (after[field] ?? 0) > (before[field] ?? 0);
  return (
    grew('updatedReplicas') ||
    outdated(after) < outdated(before) ||
    grew('readyReplicas') ||
    grew('availableReplicas')
  );
}

const outdated = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number =>
  replicas - updatedReplicas;

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = conditionOf(status, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineOf(deployment, condition) < now;
}

/** Milliseconds since the epoch. */
const deadlineOf = (deployment: Deployment, condition: DeploymentCondition): number =>
  Date.parse(condition.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;

/** Milliseconds until the deadline is to be checked; undefined when there is nothing to wait for (`requeueStuckDeployment`). */
export function nextProgressCheck(
  deployment: Deployment,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const condition = conditionOf(status, 'Progressing');
  if (!hasDeadline(deployment) || condition === undefined || deployment.spec?.paused === true)
    return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  // Times are written in whole seconds, and only what is past the deadline has timed out.
  return Math.max(0, deadlineOf(deployment, condition) - now) + 1000;
}

/** The new ReplicaSet's failure to make Pods, or else that of an old one. */
function replicaFailure({ fresh, old }: ReplicaSets): DeploymentCondition | undefined {
  for (const replicaSet of fresh === undefined ? old : [fresh, ...old]) {
    const failure = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (failure === undefined) continue;
    const { lastTransitionTime } = failure;
    return lastTransitionTime === undefined ? failure : { ...failure, lastUpdateTime: lastTransitionTime };
  }
  return undefined;
}
