import type { Deployment, ReplicaSet } from './replica-sets.ts';
import { byAge, byRevision, sizeOf } from './replica-sets.ts';
import { revisionOf } from './annotations.ts';
import { sameTemplate } from './template-hash.ts';

/** Sorts a Deployment's ReplicaSets: of several with its template the oldest is the current one (`FindNewReplicaSet`). */
export function sortReplicaSets(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
): { fresh: ReplicaSet | undefined; old: ReplicaSet[] } {
  const template = deployment.spec?.template ?? {};
  const oldestFirst = [...owned].sort(byAge);
  const fresh = oldestFirst.find((one) => sameTemplate(one.spec?.template ?? {}, template));
  return { fresh, old: oldestFirst.filter((one) => one !== fresh) };
}

/** The revision that the current template's ReplicaSet must at least have. */
export const nextRevision = (old: readonly ReplicaSet[]): number => Math.max(0, ...old.map(revisionOf)) + 1;

/** `math.MaxInt32`: keep all. */
const NO_LIMIT = 2_147_483_647;

/** The old ReplicaSets to delete: beyond revisionHistoryLimit, the earliest revisions first, but none that has or will have Pods. */
export function planCleanup(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? NO_LIMIT;
  const kept = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (limit === NO_LIMIT || kept.length <= limit) return [];
  return kept
    .sort(byRevision)
    .slice(0, kept.length - limit)
    .filter(isIdle);
}

const isIdle = (one: ReplicaSet): boolean =>
  sizeOf(one) === 0 &&
  (one.status?.replicas ?? 0) === 0 &&
  (one.metadata.generation ?? 0) <= (one.status?.observedGeneration ?? 0);
