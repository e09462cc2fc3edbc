import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { intersection, isEmpty, pathsOf, union, type FieldSet } from './field-set.ts';
import { disown, entriesOf, isSameManager, ownersOf, type Manager, type Owner } from './managers.ts';
import { strip, type TrackedWrite } from './track.ts';
import { compare, fieldsIn, mergeInto, prune, ShapeError, type PlainObject } from './walk.ts';

/**
 * The object after a server-side apply, with its `managedFields`, not yet decoded or defaulted (structured-merge-diff's `Updater.Apply`). Throws a
 * Conflict that names the other owners of what would change, unless `force` is set.
 */
export function applyConfiguration(
  current: KubeObject | undefined,
  applied: PlainObject,
  force: boolean,
  write: TrackedWrite,
): PlainObject {
  try {
    return mergeConfiguration(current, applied, force, write);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const what = `${write.writer.apiVersion}, Kind=${String(applied['kind'])}`;
    throw new StatusError('InternalError', `failed to create typed patch object (${what}): ${error.message}`);
  }
}

function mergeConfiguration(
  current: KubeObject | undefined,
  applied: PlainObject,
  force: boolean,
  write: TrackedWrite,
): PlainObject {
  const { writer, shape, time } = write;
  const live: PlainObject = current ?? {};
  const owners = ownersBefore(current, write);
  const fields = strip(fieldsIn(applied, shape), writer.subresource, write.hasStatus);
  const last = owners.find((owner) => isSameManager(owner, writer));
  const others = owners.filter((owner) => owner !== last);
  const owned = others.reduce((all, owner) => union(all, owner.fields), fields);
  const merged = mergeInto(live, applied, shape);
  const next = prune(merged, last?.fields ?? {}, owned, shape) as PlainObject;
  const { changed, removed } = compare(live, next, shape);
  if (!force) refuseConflicts(others, changed);
  const isSame =
    isEmpty(changed) && isEmpty(removed) && last !== undefined && sameFields(last.fields, fields);
  const mine: Owner = { ...writer, time: isSame ? last.time : time, fields };
  const entries = entriesOf([...disown(others, writer, union(changed, removed)), mine]);
  return { ...next, metadata: { ...(next['metadata'] as PlainObject), managedFields: entries } };
}

const sameFields = (a: FieldSet, b: FieldSet): boolean => pathsOf(a).join('\0') === pathsOf(b).join('\0');

/** An object that was never tracked belongs to `before-first-apply` (`skipnonapplied.go`). */
function ownersBefore(current: KubeObject | undefined, write: TrackedWrite): Owner[] {
  if (current === undefined) return [];
  const owners = ownersOf(current.metadata.managedFields ?? []) ?? [];
  if (owners.length > 0) return owners;
  const { changed } = compare({}, current, write.shape);
  const { apiVersion } = write.writer;
  const before: Manager = { manager: 'before-first-apply', operation: 'Update', apiVersion, subresource: '' };
  return [{ ...before, time: write.time, fields: strip(changed, '', write.hasStatus) }];
}

function refuseConflicts(others: readonly Owner[], changed: FieldSet): void {
  const conflicts = others
    .map((owner): [string, string[]] => [shownOwner(owner), pathsOf(intersection(owner.fields, changed))])
    .filter(([, paths]) => paths.length > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (conflicts.length === 0) return;
  const causes = conflicts.flatMap(([owner, paths]) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  );
  throw new StatusError('Conflict', conflictText(conflicts, causes.length), { causes });
}

/** As apimachinery's `managedfields/internal/conflict.go` words it. */
function conflictText(conflicts: readonly [string, string[]][], count: number): string {
  if (count === 1) {
    const [owner, [path]] = conflicts[0]!;
    return `Apply failed with 1 conflict: conflict with ${owner}: ${path}`;
  }
  const lines = conflicts.flatMap(([owner, paths]) => [
    `conflicts with ${owner}:`,
    ...paths.map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function shownOwner({ manager, subresource, operation, apiVersion }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource "${subresource}"`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
