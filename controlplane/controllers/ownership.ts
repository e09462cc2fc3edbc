import type { LabelSelector, OwnerReference } from '#api/gen/types.ts';
import type { Kinds, ObjectMeta, ResourceName } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

type Owned = { readonly metadata: ObjectMeta };

/** The owner that manages the object (`metav1.GetControllerOf`). */
export const controllerOf = ({ metadata }: Owned): OwnerReference | undefined =>
  metadata.ownerReferences?.find((reference) => reference.controller === true);

/** `metav1.NewControllerRef`. */
export const newControllerRef = (owner: Owner): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

export interface Claim<T> {
  /** Owned already, and still selected. */
  readonly owned: readonly T[];
  /** Selected, and nobody's yet. */
  readonly adopt: readonly T[];
  /** Owned, but no longer selected. */
  readonly release: readonly T[];
}

/**
 * Sorts objects by what their would-be owner should do with them, as `BaseControllerRefManager.ClaimObject` (`pkg/controller/
 * controller_ref_manager.go`): an owner that is being deleted neither adopts nor releases, and nobody adopts what is being deleted.
 */
export function planClaim<T extends Owned>(
  owner: Owner,
  selector: LabelSelector,
  objects: readonly T[],
): Claim<T> {
  const claim = { owned: [] as T[], adopt: [] as T[], release: [] as T[] };
  const matches = labelSelectorMatcher(selector);
  const ownerStays = owner.metadata.deletionTimestamp === undefined;
  for (const object of objects) {
    const controller = controllerOf(object);
    const selected = matches(object.metadata.labels);
    if (controller === undefined) {
      const stays = object.metadata.deletionTimestamp === undefined;
      if (selected && ownerStays && stays) claim.adopt.push(object);
    } else if (controller.uid === owner.metadata.uid) {
      if (selected) claim.owned.push(object);
      else if (ownerStays) claim.release.push(object);
    }
  }
  return claim;
}

/** Carries out `planClaim` and resolves with the objects that the owner then has. */
export async function claimObjects<R extends 'pods' | 'replicasets'>(
  client: Client,
  resource: R,
  owner: Owner,
  selector: LabelSelector,
  objects: readonly Kinds[R][],
): Promise<Kinds[R][]> {
  const { owned, adopt, release } = planClaim(owner, selector, objects);
  const reference = newControllerRef(owner);
  const change = (object: Kinds[R], ownerReferences: OwnerReference[]) =>
    updateUnlessGone(client, resource, { ...object, metadata: withOwners(object.metadata, ownerReferences) });
  const adopted = await Promise.all(
    adopt.map((object) => change(object, [...(object.metadata.ownerReferences ?? []), reference])),
  );
  await Promise.all(
    release.map((object) =>
      change(
        object,
        (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid),
      ),
    ),
  );
  return [...owned, ...adopted.filter((object) => object !== undefined)];
}

function withOwners(metadata: ObjectMeta, ownerReferences: OwnerReference[]): ObjectMeta {
  const { ownerReferences: _, ...others } = metadata;
  return ownerReferences.length === 0 ? others : { ...others, ownerReferences };
}

async function updateUnlessGone<R extends ResourceName>(
  client: Client,
  resource: R,
  object: Kinds[R],
): Promise<Kinds[R] | undefined> {
  try {
    return await client.update(resource, object);
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

/**
 * The keys of the owners that a change of an object concerns: its controllers before and after, or, of an object without one, those
 * of `candidates` that select it.
 */
export function concernedOwners(
  kind: string,
  previous: Owned | undefined,
  current: Owned | undefined,
  candidates: (namespace: string) => readonly (Owner & { spec?: { selector: LabelSelector } })[],
): string[] {
  const keys = new Set<string>();
  for (const object of [previous, current]) {
    const controller = object && controllerOf(object);
    if (controller?.kind === kind) keys.add(`${object?.metadata.namespace ?? ''}/${controller.name}`);
  }
  if (current === undefined || controllerOf(current) !== undefined) return [...keys];
  for (const owner of candidates(current.metadata.namespace ?? '')) {
    if (labelSelectorMatcher(owner.spec?.selector)(current.metadata.labels)) {
      keys.add(`${owner.metadata.namespace ?? ''}/${owner.metadata.name}`);
    }
  }
  return [...keys];
}
