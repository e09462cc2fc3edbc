import type { Deployment, ReplicaSet, ReplicaSets, Scaling } from './replica-sets.ts';
import {
  activeOf,
  allOf,
  annotatedNumber,
  byAge,
  desiredOf,
  fenceposts,
  isRolling,
  sizeOf,
  totalSize,
} from './replica-sets.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS } from './annotations.ts';

/** Whether the desired number changed since the ReplicaSets were scaled (`isScalingEvent`). */
export const isScalingEvent = (deployment: Deployment, sets: ReplicaSets): boolean =>
  activeOf(allOf(sets)).some((replicaSet) => {
    const scaledFor = annotatedNumber(replicaSet, DESIRED_REPLICAS);
    return scaledFor !== undefined && scaledFor !== desiredOf(deployment);
  });

/**
 * What a change of the desired number means for the ReplicaSets when no rollout may move on (`scale` in
 * `pkg/controller/deployment/sync.go`): all of it for a lone one, shares in proportion to their sizes for several. A size that stays
 * is in the answer too where the ReplicaSet must learn of the new desired number.
 */
export function planScale(deployment: Deployment, sets: ReplicaSets): readonly Scaling[] {
  const only = activeOrLatest(sets);
  if (only !== undefined) return [{ replicaSet: only, replicas: desiredOf(deployment) }];
  if (isSaturated(deployment, sets.fresh)) {
    return activeOf(sets.old).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  }
  return isRolling(deployment) ? planProportional(deployment, activeOf(allOf(sets))) : [];
}

/** `FindActiveOrLatest`. */
function activeOrLatest({ fresh, old }: ReplicaSets): ReplicaSet | undefined {
  const active = activeOf(allOf({ fresh, old }));
  if (active.length > 1) return undefined;
  return active[0] ?? fresh ?? [...old].sort(byAge).at(-1);
}

function isSaturated(deployment: Deployment, fresh: ReplicaSet | undefined): boolean {
  if (fresh === undefined) return false;
  const desired = desiredOf(deployment);
  return (
    sizeOf(fresh) === desired &&
    annotatedNumber(fresh, DESIRED_REPLICAS) === desired &&
    (fresh.status?.availableReplicas ?? 0) === desired
  );
}

function planProportional(deployment: Deployment, active: readonly ReplicaSet[]): Scaling[] {
  const desired = desiredOf(deployment);
  const allowed = desired === 0 ? 0 : desired + fenceposts(deployment).surge;
  const toAdd = allowed - totalSize(active);
  const ordered = [...active].sort((one, other) => sizeOf(other) - sizeOf(one) || byGain(toAdd)(one, other));
  let added = 0;
  const plan = ordered.map((replicaSet) => {
    const share = proportion(deployment, replicaSet, toAdd, added);
    added += share;
    return { replicaSet, replicas: sizeOf(replicaSet) + share };
  });
  // What rounding left over is the largest one's.
  return plan.map((one, index) =>
    index === 0 ? { ...one, replicas: Math.max(0, one.replicas + toAdd - added) } : one,
  );
}

/** Of the same size, the newer grows first and the older shrinks first. */
const byGain =
  (toAdd: number) =>
  (one: ReplicaSet, other: ReplicaSet): number =>
    toAdd > 0 ? byAge(other, one) : byAge(one, other);

/** `GetReplicaSetProportion`. */
function proportion(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, replicaSet);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const desired = desiredOf(deployment);
  const size = sizeOf(replicaSet);
  if (desired === 0) return -size;
  const total = desired + fenceposts(deployment).surge;
  const scaledFor = annotatedNumber(replicaSet, MAX_REPLICAS) ?? deployment.status?.replicas ?? 0;
  return scaledFor === 0 ? 0 : roundAwayFromZero((size * total) / scaledFor) - size;
}

const roundAwayFromZero = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));
