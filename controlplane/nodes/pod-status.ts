import type { PodCondition, PodStatus } from '#api/gen/types.ts';

/** Conditions that the node owns (kubelet `types.PodConditionByKubelet`); PodScheduled is the scheduler's here. */
export const KUBELET_CONDITIONS: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'ContainersReady',
  'Ready',
  'PodScheduled',
  'PodResizePending',
  'PodResizeInProgress',
  'AllContainersRestarting',
]);

const isTerminal = (status: PodStatus): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';

/**
 * What a Pod's status becomes when its node reports `reported` (kubelet `mergePodStatus`): the report, and of what is stored the fields and
 * conditions that others own. A condition that did not change keeps its time; a Pod that has ended stays ended.
 */
export function mergePodStatus(stored: PodStatus, reported: PodStatus): PodStatus {
  const { qosClass, startTime, nominatedNodeName } = { ...stored };
  const kept = Object.fromEntries(
    Object.entries({ qosClass, nominatedNodeName }).filter(([, value]) => value !== undefined),
  );
  return {
    ...kept,
    ...reported,
    ...(startTime === undefined ? {} : { startTime }),
    ...(isTerminal(stored) && !isTerminal(reported) ? { phase: stored.phase! } : {}),
    conditions: mergeConditions(stored.conditions ?? [], reported.conditions ?? []),
  };
}

/** A node may say these as well as others (kubelet `types.PodConditionSharedByKubelet`). */
const SHARED = 'DisruptionTarget';

function mergeConditions(stored: readonly PodCondition[], said: readonly PodCondition[]): PodCondition[] {
  const before = new Map(stored.map((condition) => [condition.type, condition]));
  const reported = said.filter(({ type }) => KUBELET_CONDITIONS.has(type) || type === SHARED);
  const types = new Set(reported.map(({ type }) => type));
  const others = stored.filter(
    ({ type }) => !types.has(type) && (!KUBELET_CONDITIONS.has(type) || type === 'PodScheduled'),
  );
  return [...reported.map((condition) => keepTransition(before.get(condition.type), condition)), ...others];
}

/** The condition, with the earlier time of transition if its status is as it was. */
export function keepTransition<T extends { status: string; lastTransitionTime?: string }>(
  before: T | undefined,
  now: T,
): T {
  if (before?.lastTransitionTime === undefined || before.status !== now.status) return now;
  return { ...now, lastTransitionTime: before.lastTransitionTime };
}
