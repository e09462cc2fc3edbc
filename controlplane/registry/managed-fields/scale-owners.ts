import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import { difference, intersection, isEmpty, type FieldSet } from './field-set.ts';
import { entriesOf, ownersOf, type Owner } from './managers.ts';

/** `.spec.replicas` of a Scale. */
const REPLICAS: FieldSet = { 'f:spec': { 'f:replicas': {} } };

const SCALE_VERSION = 'autoscaling/v1';

/** `path`: `.spec.replicas`. */
const fieldAt = (path: string): FieldSet =>
  path
    .split('.')
    .slice(1)
    .reduceRight<FieldSet>((below, name) => ({ [`f:${name}`]: below }), {});

const has = ({ fields }: Owner, field: FieldSet): boolean => !isEmpty(intersection(fields, field));

/** The owners of a workload's replicas, which are at `path`, as a Scale shows them (apimachinery's `ScaleHandler.ToSubresource`). */
export function ownersOfScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  path: string,
): ManagedFieldsEntry[] {
  const field = fieldAt(path);
  const owners = (ownersOf(parent ?? []) ?? []).filter((owner) => has(owner, field));
  return entriesOf(owners.map((owner) => ({ ...owner, apiVersion: SCALE_VERSION, fields: REPLICAS })));
}

/** The owners of a workload once its Scale has these (`ScaleHandler.ToParent`). */
export function ownersOfParent(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  path: string,
): ManagedFieldsEntry[] {
  const field = fieldAt(path);
  const scaling = (ownersOf(scale ?? []) ?? []).filter((owner) => has(owner, REPLICAS));
  const before = ownersOf(parent ?? []) ?? [];
  const kept = before.map((owner) =>
    scaling.some((one) => isSame(one, owner)) ? owner : { ...owner, fields: difference(owner.fields, field) },
  );
  const added = scaling
    .filter((one) => !before.some((owner) => has(owner, field) && isSame(one, owner)))
    .map((owner) => ({ ...owner, apiVersion, fields: field }));
  return entriesOf([...kept, ...added]);
}

/** Versions apart, which a Scale has another of. */
const isSame = (a: Owner, b: Owner): boolean =>
  a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
