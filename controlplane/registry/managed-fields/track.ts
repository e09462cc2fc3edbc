import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { compare } from './compare.ts';
import { difference, isEmpty, union } from './field-set.ts';
import {
  capped,
  disown,
  entriesOf,
  isReset,
  isSameManager,
  ownersOf,
  type Manager,
  type Owner,
} from './managers.ts';
import type { Ownable } from './reset-fields.ts';
import type { Shape } from './shape.ts';

export interface TrackedWrite {
  readonly writer: Manager;
  readonly time: string;
  readonly ownable: Ownable;
  readonly shape: Shape;
}

/**
 * The `managedFields` after an update, or a creation (no `old`), as apimachinery's `FieldManager.Update` has them. `given`: what the client sent
 * of them, which stands in for those of `old` if it is well formed and the object itself is written.
 */
export function trackUpdate(
  old: KubeObject | undefined,
  next: KubeObject,
  given: readonly ManagedFieldsEntry[] | undefined,
  write: TrackedWrite,
): ManagedFieldsEntry[] | undefined {
  const { writer, time, ownable } = write;
  const stored = old?.metadata.managedFields;
  const owners = ownersNow(stored, writer.subresource === '' ? given : undefined);
  // Nobody asked for tracking since it was given up.
  if (old !== undefined && owners.length === 0) return undefined;
  const { changed, removed } = compare(old ?? {}, next, write.shape);
  const [gained, lost] = [ownable(changed), ownable(removed)];
  if (isEmpty(gained) && isEmpty(lost)) {
    return given === undefined || given === stored ? stored : listed(owners);
  }
  const rest = disown(owners, union(gained, lost));
  const mine = rest.find((owner) => isSameManager(owner, writer));
  if (isEmpty(gained)) return listed(rest);
  const kept = owners.find((owner) => isSameManager(owner, writer))?.fields ?? {};
  const now: Owner = { ...writer, time, fields: union(difference(kept, lost), gained) };
  return listed(capped([...rest.filter((owner) => owner !== mine), now]));
}

function listed(owners: readonly Owner[]): ManagedFieldsEntry[] | undefined {
  const entries = entriesOf(owners);
  return entries.length === 0 ? undefined : entries;
}

/** `decodeLiveOrNew`: clients that know nothing of managed fields do not take them away. */
function ownersNow(
  stored: readonly ManagedFieldsEntry[] | undefined,
  given: readonly ManagedFieldsEntry[] | undefined,
): readonly Owner[] {
  if (given !== undefined && given !== stored) {
    if (isReset(given)) return [];
    const owners = ownersOf(given);
    if (owners !== undefined && owners.length > 0) return owners;
  }
  return ownersOf(stored ?? []) ?? [];
}
