import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { difference, isEmpty, union, without, type FieldSet } from './field-set.ts';
import { capped, disown, entriesOf, isSameManager, ownersOf, type Manager, type Owner } from './managers.ts';
import type { Shape } from './shape.ts';
import { compare, ShapeError, type Comparison } from './walk.ts';

/** What nobody owns (apimachinery's `stripmeta.go`). */
const STRIPPED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
};

/** Without what nobody owns, and what the target cannot write: the status of an object, or anything but its status. */
export function strip(set: FieldSet, subresource: string, hasStatus: boolean): FieldSet {
  const own = without(set, STRIPPED);
  const isStatus = subresource === 'status';
  return without(own, isStatus ? { 'f:spec': {} } : hasStatus ? { 'f:status': {} } : {});
}

export interface TrackedWrite {
  readonly writer: Manager;
  readonly time: string;
  readonly hasStatus: boolean;
  readonly shape: Shape;
}

/**
 * The `managedFields` after an update, or a creation (no `old`), in Kubernetes' `fieldmanager.Update`. `given`: what the client sent of them, which
 * stands in for those of `old` if it is well formed.
 */
export function trackUpdate(
  old: KubeObject | undefined,
  next: KubeObject,
  given: readonly ManagedFieldsEntry[] | undefined,
  write: TrackedWrite,
): ManagedFieldsEntry[] | undefined {
  const { writer, time } = write;
  const stored = old?.metadata.managedFields;
  const { changed, removed } = changesOf(old, next, write);
  const isQuiet = isEmpty(changed) && isEmpty(removed);
  const asStored = given === undefined || given === stored;
  if (isQuiet && asStored) return stored;
  const owners = (given && ownersOf(given)) ?? ownersOf(stored ?? []) ?? [];
  const others = disown(owners, writer, union(changed, removed));
  const mine = others.find((owner) => isSameManager(owner, writer));
  const rest = others.filter((owner) => owner !== mine);
  const kept = difference(mine?.fields ?? {}, removed);
  const now: Owner = { ...writer, time: isEmpty(changed) ? mine?.time : time, fields: union(kept, changed) };
  const entries = entriesOf(capped([...rest, now]));
  return entries.length === 0 ? undefined : entries;
}

function changesOf(
  old: KubeObject | undefined,
  next: KubeObject,
  { writer, hasStatus, shape }: TrackedWrite,
): Comparison {
  try {
    const { changed, removed } = compare(old ?? {}, next, shape);
    return {
      changed: strip(changed, writer.subresource, hasStatus),
      removed: strip(removed, writer.subresource, hasStatus),
    };
  } catch (error) {
    // As upstream: what cannot be compared (items that are there twice) is written and not tracked.
    if (error instanceof ShapeError) return { changed: {}, removed: {} };
    throw error;
  }
}
