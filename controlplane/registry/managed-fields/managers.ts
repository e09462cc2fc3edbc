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

/** The owners that `metadata.managedFields` names; undefined when it is not well formed. `[{}]` names none. */
export function ownersOf(entries: readonly ManagedFieldsEntry[]): Owner[] | undefined {
  if (entries.length === 1 && Object.keys(entries[0]!).length === 0) return [];
  const owners: Owner[] = [];
  for (const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsV1 = {} } of entries) {
    if (operation !== 'Apply' && operation !== 'Update') return undefined;
    if (!isFieldSet(fieldsV1)) return undefined;
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

/** The owners, of whom all but `writer` lose these fields. */
export const disown = (owners: readonly Owner[], writer: Manager, fields: FieldSet): Owner[] =>
  isEmpty(fields)
    ? [...owners]
    : owners.map((owner) =>
        isSameManager(owner, writer) || isEmpty(intersection(owner.fields, fields))
          ? owner
          : { ...owner, fields: difference(owner.fields, fields) },
      );

/** apiserver's `DefaultMaxUpdateManagers`. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** Joins the oldest updaters of a version when there are too many (`capmanagers.go`). */
export function capped(owners: readonly Owner[]): Owner[] {
  const updaters = owners
    .filter(({ operation, subresource }) => operation === 'Update' && subresource === '')
    .toSorted((a, b) => compareText(orderOf(a), orderOf(b)));
  const surplus = updaters.length - MAX_UPDATERS;
  if (surplus <= 0) return [...owners];
  const joined = new Set(updaters.slice(0, surplus + 1));
  const ancient = new Map<string, Owner>();
  for (const { apiVersion, time, fields } of joined) {
    const before = ancient.get(apiVersion)?.fields ?? {};
    ancient.set(apiVersion, {
      manager: ANCIENT,
      operation: 'Update',
      apiVersion,
      subresource: '',
      time,
      fields: union(before, fields),
    });
  }
  return [...owners.filter((owner) => !joined.has(owner)), ...ancient.values()];
}
