import type { ManagedFieldsEntry } from '#api/gen/types.ts';
import { difference, isEmpty, type FieldSet } from './field-set.ts';
import { entriesOf, ownersOf, type Owner } from './managers.ts';

/** `.spec.replicas`, of a workload and of its Scale. */
const REPLICAS: FieldSet = { 'f:spec': { 'f:replicas': {} } };

export const SCALE_VERSION = 'autoscaling/v1';

const hasReplicas = ({ fields }: Owner): boolean => fields['f:spec']?.['f:replicas'] !== undefined;

/** The owners of a workload's replicas as a Scale shows them (apimachinery's `ScaleHandler.ToSubresource`). */
export const ownersOfScale = (parent: readonly ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] =>
  entriesOf(
    (ownersOf(parent ?? []) ?? [])
      .filter(hasReplicas)
      .map((owner) => ({ ...owner, apiVersion: SCALE_VERSION, fields: REPLICAS })),
  );

/** The owners of a workload once its Scale has these (`ScaleHandler.ToParent`). */
export function ownersOfParent(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
): ManagedFieldsEntry[] {
  const scaling = (ownersOf(scale ?? []) ?? []).filter(hasReplicas);
  const before = ownersOf(parent ?? []) ?? [];
  const kept = before.map((owner) =>
    !hasReplicas(owner) || scaling.some((one) => isSame(one, owner))
      ? owner
      : { ...owner, fields: difference(owner.fields, REPLICAS) },
  );
  const added = scaling
    .filter((one) => !before.some((owner) => hasReplicas(owner) && isSame(one, owner)))
    .map((owner) => ({ ...owner, apiVersion, fields: REPLICAS }));
  return entriesOf([...kept, ...added].filter(({ fields }) => !isEmpty(fields)));
}

/** Versions apart, which a Scale has another of. */
const isSame = (a: Owner, b: Owner): boolean =>
  a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
