import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import { difference, intersection, isEmpty, isFieldSet, sorted, union, type FieldSet } from './field-set.ts';

/** Who writes: what tells one entry of `managedFields` from another. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface Owner extends Manager {
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

export const isSameManager = (a: Manager, b: Manager): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  // An applier stays itself when it goes over to another version.
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion) &&
  a.subresource === b.subresource;

/** Whether a client asks to forget all owners (`isResetManagedFields`); an empty list counts as none was sent. */
export const isReset = (entries: readonly ManagedFieldsEntry[]): boolean =>
  entries.length === 1 && Object.keys(entries[0]!).length === 0;

/** The owners that `metadata.managedFields` names; undefined when it is not well formed. */
export function ownersOf(entries: readonly ManagedFieldsEntry[]): Owner[] | undefined {
  const owners: Owner[] = [];
  for (const entry of entries) {
    const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsV1 = {} } = entry;
    if (operation !== 'Apply' && operation !== 'Update') return undefined;
    if (apiVersion === '' || entry.fieldsType !== 'FieldsV1' || !isFieldSet(fieldsV1)) return undefined;
    owners.push({ manager, operation, apiVersion, subresource, time, fields: fieldsV1 });
  }
  return owners;
}

/** As `metadata.managedFields` holds them, in Kubernetes' order: appliers first, then by time and name. */
export const entriesOf = (owners: readonly Owner[]): ManagedFieldsEntry[] =>
  owners
    .filter(({ fields }) => !isEmpty(fields))
    .toSorted((a, b) => compareText(orderOf(a), orderOf(b)))
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: sorted(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));

const orderOf = ({ operation, time = '', manager, apiVersion, subresource }: Owner): string =>
  [operation, time, manager, apiVersion, subresource].join('\0');

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The owners without these fields. */
export const disown = (owners: readonly Owner[], fields: FieldSet): readonly Owner[] =>
  isEmpty(fields)
    ? owners
    : owners.map((owner) =>
        isEmpty(intersection(owner.fields, fields))
          ? owner
          : { ...owner, fields: difference(owner.fields, fields) },
      );

/** apiserver's `DefaultMaxUpdateManagers`. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** Joins the oldest updaters, those of a version with each other, until there are few enough (`capmanagers.go`). */
export function capped(owners: readonly Owner[]): readonly Owner[] {
  const updaters = owners.filter(({ operation }) => operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATERS) return owners;
  const joined = new Set<Owner>();
  const ancient = new Map<string, Owner>();
  const firsts = new Map<string, Owner>();
  for (const owner of updaters.toSorted((a, b) => compareText(orderOf(a), orderOf(b)))) {
    if (count <= MAX_UPDATERS) break;
    const { apiVersion } = owner;
    const before = ancient.get(apiVersion) ?? firsts.get(apiVersion);
    firsts.set(apiVersion, owner);
    if (before === undefined) continue;
    joined.add(before).add(owner);
    const fields = union(before.fields, owner.fields);
    ancient.set(apiVersion, { ...owner, manager: ANCIENT, subresource: '', fields });
    count--;
  }
  return [...owners.filter((owner) => !joined.has(owner)), ...ancient.values()];
}
