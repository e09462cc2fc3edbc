import { rfc3339 } from '#api/clock.ts';
import type { NamespaceCondition } from '#api/gen/types.ts';
import type { KubeObject, Resource } from '#api/resources.ts';

/** What is left of one resource in a namespace. */
export interface Remainder {
  readonly resource: Resource;
  readonly objects: readonly KubeObject[];
}

/** What a terminating namespace says of its progress (Kubernetes' `namespace/deletion/status_condition_utils.go`). */
export function namespaceConditions(
  current: readonly NamespaceCondition[],
  remaining: readonly Remainder[],
  failures: readonly string[],
  now: number,
): NamespaceCondition[] {
  const wanted = [
    fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    contentFailure(failures),
    contentRemaining(remaining),
    finalizersRemaining(remaining),
  ];
  return wanted.map((condition) => {
    const known = current.find(({ type }) => type === condition.type);
    const since = known?.status === condition.status ? known.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? rfc3339(now) };
  });
}

const fine = (type: string, reason: string, message: string): NamespaceCondition => ({
  type,
  status: 'False',
  reason,
  message,
});

function contentFailure(failures: readonly string[]): NamespaceCondition {
  const type = 'NamespaceDeletionContentFailure';
  if (failures.length === 0) {
    return fine(type, 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
  }
  const message = `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`;
  return { type, status: 'True', reason: 'ContentDeletionFailed', message };
}

function contentRemaining(remaining: readonly Remainder[]): NamespaceCondition {
  const type = 'NamespaceContentRemaining';
  const left = remaining.filter(({ objects }) => objects.length > 0);
  if (left.length === 0) return fine(type, 'ContentRemoved', 'All content successfully removed');
  const counts = left.map(
    ({ resource, objects }) => `${qualifiedName(resource)} has ${objects.length} resource instances`,
  );
  const message = `Some resources are remaining: ${counts.sort().join(', ')}`;
  return { type, status: 'True', reason: 'SomeResourcesRemain', message };
}

function finalizersRemaining(remaining: readonly Remainder[]): NamespaceCondition {
  const type = 'NamespaceFinalizersRemaining';
  const counts = new Map<string, number>();
  for (const { metadata } of remaining.flatMap(({ objects }) => objects)) {
    for (const finalizer of metadata.finalizers ?? [])
      counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  if (counts.size === 0)
    return fine(type, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished');
  const parts = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  const message = `Some content in the namespace has finalizers remaining: ${parts.sort().join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}

/** `pods.` in the core group, `deployments.apps`: as Kubernetes prints a GroupResource here. */
const qualifiedName = ({ name, group }: Resource): string => `${name}.${group}`;
