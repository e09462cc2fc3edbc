import type { Deployment, ReplicaSet, Scaling } from './replica-sets.ts';
import {
  activeOf,
  availableOf,
  byAge,
  desiredOf,
  fenceposts,
  isRolling,
  sizeOf,
  sum,
  totalSize,
} from './replica-sets.ts';

/**
 * The next step of a rolling update (`pkg/controller/deployment/rolling.go`): the new ReplicaSet grows as far as maxSurge allows; when
 * it cannot, the old ones shrink as far as maxUnavailable allows. Nothing to do gives an empty list.
 *
 * However often it is asked, and whatever Pods do meanwhile, carrying out its answers keeps the sum of sizes within desired + maxSurge,
 * and takes away no available Pod unless desired - maxUnavailable others are available.
 */
export function planRolling(
  deployment: Deployment,
  fresh: ReplicaSet,
  old: readonly ReplicaSet[],
): readonly Scaling[] {
  const grown = planNew(deployment, fresh, old);
  return grown === undefined ? planOld(deployment, fresh, activeOf(old)) : [grown];
}

function planNew(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Scaling | undefined {
  const replicas = newReplicas(deployment, [...old, fresh], sizeOf(fresh));
  return replicas === sizeOf(fresh) ? undefined : { replicaSet: fresh, replicas };
}

/** The size that the new ReplicaSet may have beside the others (`NewRSNewReplicas`); `current` is its size now. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const desired = desiredOf(deployment);
  if (!isRolling(deployment) || current > desired) return desired;
  const room = desired + fenceposts(deployment).surge - totalSize(all);
  return Math.min(desired, current + Math.max(0, room));
}

function planOld(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  const minAvailable = desiredOf(deployment) - fenceposts(deployment).unavailable;
  const all = [...old, fresh];
  const unavailableNew = sizeOf(fresh) - availableOf(fresh);
  const room = totalSize(all) - minAvailable - unavailableNew;
  if (room <= 0) return [];

  const sizes = new Map(old.map((one) => [one, sizeOf(one)]));
  const oldest = [...old].sort(byAge);
  // Pods that do not work must not hold up the update, and their end costs no availability.
  take(sizes, oldest, room, (one) => sizeOf(one) - availableOf(one));
  take(sizes, oldest, sum(all, availableOf) - minAvailable, (one) => sizes.get(one)!);
  return oldest
    .map((replicaSet) => ({ replicaSet, replicas: sizes.get(replicaSet)! }))
    .filter(({ replicaSet, replicas }) => replicas !== sizeOf(replicaSet));
}

/** Lowers `sizes`, in the given order, by `count` in all, and each by at most `limit`. */
function take(
  sizes: Map<ReplicaSet, number>,
  order: readonly ReplicaSet[],
  count: number,
  limit: (one: ReplicaSet) => number,
): void {
  let left = Math.max(0, count);
  for (const one of order) {
    const taken = Math.min(left, limit(one));
    sizes.set(one, sizes.get(one)! - taken);
    left -= taken;
  }
}
