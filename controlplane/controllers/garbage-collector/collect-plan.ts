import type { OwnerReference } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import {
  FOREGROUND,
  hasFinalizer,
  isBeingDeleted,
  isDeletingDependents,
  ORPHAN,
  type Owners,
} from './owners.ts';

type Policy = 'Foreground' | 'Background' | 'Orphan';

/** What is to be done about one object. */
export type Action =
  | { readonly do: 'nothing' }
  /** Its dependents lose their reference to it, then it goes. */
  | { readonly do: 'orphan-dependents' }
  /** It waits until the dependents that block it are gone. */
  | { readonly do: 'delete-dependents' }
  | { readonly do: 'keep-references'; readonly references: readonly OwnerReference[] }
  | { readonly do: 'delete'; readonly policy: Policy; readonly references?: readonly OwnerReference[] };

const NOTHING: Action = { do: 'nothing' };

/** garbagecollector `attemptToDeleteItem`. */
export function planCollection(
  object: KubeObject,
  owners: Owners,
  dependents: readonly KubeObject[],
): Action {
  if (isBeingDeleted(object) && hasFinalizer(object, ORPHAN)) return { do: 'orphan-dependents' };
  if (isDeletingDependents(object)) return { do: 'delete-dependents' };
  if (isBeingDeleted(object)) return NOTHING;
  const { solid, dangling, waiting } = owners;
  if (solid.length > 0) {
    return dangling.length + waiting.length === 0 ? NOTHING : { do: 'keep-references', references: solid };
  }
  if (dangling.length + waiting.length === 0) return NOTHING;
  // An owner that waits must not go before those who wait for this object in turn.
  if (waiting.length > 0 && dependents.length > 0) {
    const isCircle = dependents.some(isDeletingDependents);
    const references = object.metadata.ownerReferences ?? [];
    return {
      do: 'delete',
      policy: 'Foreground',
      ...(isCircle ? { references: references.map(unblocked) } : {}),
    };
  }
  return { do: 'delete', policy: policyOf(object) };
}

/** In a circle of objects that wait for each other none would ever go, so one stops holding up its owners. */
const unblocked = (reference: OwnerReference): OwnerReference => ({
  ...reference,
  blockOwnerDeletion: false,
});

/** What a client asked for in earlier finalizers stands. */
function policyOf(object: KubeObject): Policy {
  if (hasFinalizer(object, ORPHAN)) return 'Orphan';
  return hasFinalizer(object, FOREGROUND) ? 'Foreground' : 'Background';
}
