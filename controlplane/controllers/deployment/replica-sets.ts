import { scaledValue } from '#api/int-or-string.ts';
import type { Kinds } from '#api/resources.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, revisionOf } from './annotations.ts';

export type Deployment = Kinds['deployments'];
export type ReplicaSet = Kinds['replicasets'];

/** The ReplicaSets of a Deployment: the one of its current template, if it exists, and all others. */
export interface ReplicaSets {
  readonly fresh: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** What a planner wants: this ReplicaSet at that size. */
export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

export const desiredOf = (deployment: Deployment): number => deployment.spec?.replicas ?? 1;
export const sizeOf = (replicaSet: ReplicaSet): number => replicaSet.spec?.replicas ?? 1;
/** Never more than its size: a status from before a scaling must not vouch for Pods that are about to go. */
export const availableOf = (replicaSet: ReplicaSet): number =>
  Math.min(replicaSet.status?.availableReplicas ?? 0, sizeOf(replicaSet));

export const allOf = ({ fresh, old }: ReplicaSets): ReplicaSet[] =>
  fresh === undefined ? [...old] : [...old, fresh];
export const activeOf = (list: readonly ReplicaSet[]): ReplicaSet[] => list.filter((one) => sizeOf(one) > 0);
export const totalSize = (list: readonly ReplicaSet[]): number => sum(list, sizeOf);
export const sum = (list: readonly ReplicaSet[], value: (one: ReplicaSet) => number): number =>
  list.reduce((total, one) => total + value(one), 0);

type Order = (one: ReplicaSet, other: ReplicaSet) => number;
const byText =
  (text: (one: ReplicaSet) => string): Order =>
  (one, other) =>
    text(one) < text(other) ? -1 : text(one) > text(other) ? 1 : 0;

/** `ReplicaSetsByCreationTimestamp`: the oldest first. */
export const byAge: Order = (one, other) =>
  byText(({ metadata }) => metadata.creationTimestamp)(one, other) ||
  byText(({ metadata }) => metadata.name)(one, other);

/** `ReplicaSetsByRevision`. */
export const byRevision: Order = (one, other) => revisionOf(one) - revisionOf(other) || byAge(one, other);

export const isRolling = (deployment: Deployment): boolean => deployment.spec?.strategy?.type !== 'Recreate';

/**
 * How many Pods a rolling update may have above and lack below the desired number. Percentages of the desired number, surge rounded
 * up and unavailable rounded down; both zero would never move, so one may then be unavailable (`ResolveFenceposts`).
 */
export function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  if (!isRolling(deployment)) return { surge: 0, unavailable: 0 };
  const desired = desiredOf(deployment);
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, desired, Math.ceil);
  const unavailable = scaledValue(maxUnavailable, desired, Math.floor);
  const some = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { surge, unavailable: Math.min(some, desired) };
}

/** The size and bounds that `replicaSet` was last scaled for; undefined when it carries none. */
export const annotatedNumber = (
  replicaSet: ReplicaSet,
  key: typeof DESIRED_REPLICAS | typeof MAX_REPLICAS,
): number | undefined => {
  const text = replicaSet.metadata.annotations?.[key];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
};
