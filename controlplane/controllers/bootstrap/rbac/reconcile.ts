import type { LabelSelector, PolicyRule, RbacV1Subject, RoleRef } from '#api/gen/types.ts';
import type { ObjectMeta } from '#api/resources.ts';
import { same } from '../../equality.ts';
import { uncovered } from './covers.ts';
import { AUTO_UPDATE } from './helpers.ts';

/** A Role or ClusterRole. */
interface RoleLike {
  readonly metadata: Partial<ObjectMeta>;
  readonly rules?: PolicyRule[];
  readonly aggregationRule?: { clusterRoleSelectors?: LabelSelector[] };
}

/** A RoleBinding or ClusterRoleBinding. */
interface BindingLike {
  readonly metadata: Partial<ObjectMeta>;
  readonly roleRef: RoleRef;
  readonly subjects?: RbacV1Subject[];
}

/**
 * The default role as it has to be after a start: with the missing labels, annotations, rules and selectors, and all that somebody added.
 * Undefined: it is right already, or its annotation asks to be left alone (`component-helpers/auth/rbac/reconciliation/reconcile_role.go`).
 */
export function reconciledRole<T extends RoleLike>(current: T, wanted: RoleLike): T | undefined {
  if (isProtected(current)) return undefined;
  const next: T = {
    ...current,
    metadata: mergedMetadata(current, wanted),
    ...missingFromRole(current, wanted),
  };
  return same(next, current) ? undefined : next;
}

function missingFromRole(current: RoleLike, wanted: RoleLike): Partial<RoleLike> {
  if (wanted.aggregationRule === undefined) {
    const { rules = [] } = current;
    return { rules: [...rules, ...uncovered(rules, wanted.rules ?? [])] };
  }
  // The rules of such a role are the aggregation controller's.
  const selectors = current.aggregationRule?.clusterRoleSelectors ?? [];
  const missing = (wanted.aggregationRule.clusterRoleSelectors ?? []).filter(
    (one) => !selectors.some((selector) => same(selector, one)),
  );
  return { aggregationRule: { clusterRoleSelectors: [...selectors, ...missing] } };
}

/**
 * The same for a default binding (`reconcile_rolebindings.go`). `recreate`: it names another role, and a binding's role cannot be
 * changed.
 */
export function reconciledBinding<T extends BindingLike>(
  current: T,
  wanted: BindingLike,
): { readonly recreate: boolean; readonly object: T } | undefined {
  if (isProtected(current)) return undefined;
  const subjects = current.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((one) => !subjects.some((subject) => same(subject, one)));
  const next: T = {
    ...current,
    metadata: mergedMetadata(current, wanted),
    roleRef: wanted.roleRef,
    subjects: [...subjects, ...missing],
  };
  if (same(next, current)) return undefined;
  return { recreate: !same(current.roleRef, wanted.roleRef), object: next };
}

const isProtected = ({ metadata }: RoleLike): boolean => metadata.annotations?.[AUTO_UPDATE] === 'false';

/** What somebody has set stays. */
const mergedMetadata = <T extends RoleLike | BindingLike>(
  current: T,
  { metadata }: RoleLike,
): T['metadata'] => ({
  ...current.metadata,
  labels: { ...metadata.labels, ...current.metadata.labels },
  annotations: { ...metadata.annotations, ...current.metadata.annotations },
});
