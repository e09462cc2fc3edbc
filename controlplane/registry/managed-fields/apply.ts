import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { shapeProblem } from './check.ts';
import { compare, type Comparison } from './compare.ts';
import { isObject, textOf, type PlainObject } from './elements.ts';
import { difference, intersection, isEmpty, pathsOf, union, type FieldSet } from './field-set.ts';
import { followedAnnotations, takenOverFromClient } from './last-applied.ts';
import { disown, entriesOf, isSameManager, ownersOf, type Owner } from './managers.ts';
import { fieldsIn, mergeInto, prune } from './merge.ts';
import type { TrackedWrite } from './track.ts';

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
  const { writer, shape, time, ownable } = write;
  refuseMisshapen(applied, write);
  const live: PlainObject = current ?? {};
  const owners = ownersBefore(current, write);
  const fields = ownable(fieldsIn(applied, shape));
  const last = owners.find((owner) => isSameManager(owner, writer));
  const others = owners.filter((owner) => owner !== last);
  const owned = others.reduce((all, owner) => union(all, owner.fields), fields);
  const merged = mergeInto(live, applied, shape);
  const next = (prune(merged, last?.fields ?? {}, owned, shape) ?? {}) as PlainObject;
  const compared = compare(live, next, shape);
  const [gained, lost] = [ownable(compared.changed), ownable(compared.removed)];
  if (!force) refuseConflicts(others, difference(gained, takenOverFromClient(current, write)));
  const isSame = last !== undefined && isUnchanged(compared);
  const mine: Owner = { ...writer, time: isSame ? last.time : time, fields };
  const entries = entriesOf([...disown(others, union(gained, lost)), mine]);
  return withManagedFields(next, entries, followedAnnotations(next, applied, writer.manager));
}

function withManagedFields(
  object: PlainObject,
  entries: readonly ManagedFieldsEntry[],
  annotations: PlainObject | undefined,
): PlainObject {
  const { managedFields: _managed, ...metadata } = (object['metadata'] ?? {}) as PlainObject;
  if (annotations !== undefined) metadata['annotations'] = annotations;
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}

const isUnchanged = ({ changed, removed }: Comparison): boolean => isEmpty(changed) && isEmpty(removed);

/** As upstream, this is not a bad request but an error without a reason. */
function refuseMisshapen(applied: PlainObject, { shape, writer: { apiVersion } }: TrackedWrite): void {
  const problem = shapeProblem(applied, shape);
  if (problem === undefined) return;
  const { name, namespace } = isObject(applied['metadata']) ? applied['metadata'] : {};
  const [version, group = ''] = apiVersion.split('/').toReversed();
  const what = `${textOf(namespace)}/${textOf(name)}; ${group}/${version!}, Kind=${textOf(applied['kind'])}`;
  throw new StatusError(
    'Unknown',
    `failed to create typed patch object (${what}): ${problem}`,
    undefined,
    500,
  );
}

/** An object that was never tracked belongs to `before-first-apply` (`skipnonapplied.go`). */
function ownersBefore(current: KubeObject | undefined, write: TrackedWrite): readonly Owner[] {
  if (current === undefined) return [];
  const owners = ownersOf(current.metadata.managedFields ?? []) ?? [];
  if (owners.length > 0) return owners;
  const { changed } = compare({}, current, write.shape);
  const before = { ...write.writer, manager: 'before-first-apply', operation: 'Update' as const };
  return [{ ...before, time: write.time, fields: write.ownable(changed) }];
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
