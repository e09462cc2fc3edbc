import type { ObjectMeta } from '#api/resources.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const TEMPLATE_HASH = 'pod-template-hash';

const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

type Annotations = Readonly<Record<string, string>>;
type Annotated = { readonly metadata: Pick<ObjectMeta, 'annotations'> };

/** 0 when it has none, or one that is no number. */
export function revisionOf({ metadata }: Annotated): number {
  const revision = Number(metadata.annotations?.[REVISION] ?? '0');
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** Without the oldest entries, if the history would get longer than this (`maxRevHistoryLengthInChars`). */
const MAX_HISTORY_LENGTH = 2000;

/**
 * The annotations of the ReplicaSet of the current template: those of the Deployment, and a revision of at least `revision`. When the
 * revision grows, the one before goes to the history (`SetNewReplicaSetAnnotations`).
 */
export function annotationsForNew(
  deployment: Annotated,
  before: Annotations,
  revision: number,
): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  const annotations = { ...before, ...Object.fromEntries(copied) };
  const old = before[REVISION];
  if (revisionOf({ metadata: { annotations: before } }) >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (old !== undefined) annotations[REVISION_HISTORY] = appendHistory(before[REVISION_HISTORY], old);
  return annotations;
}

function appendHistory(history: string | undefined, revision: string): string {
  const entries = history === undefined || history === '' ? [] : history.split(',');
  entries.push(revision);
  while (entries.join(',').length > MAX_HISTORY_LENGTH) entries.shift();
  return entries.join(',');
}

export const replicasAnnotations = (desired: number, surge: number): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(desired),
  [MAX_REPLICAS]: String(desired + surge),
});
