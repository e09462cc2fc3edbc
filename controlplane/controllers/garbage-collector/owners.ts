import type { OwnerReference } from '#api/gen/types.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import type { Client } from '../../client.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  (object.metadata.finalizers ?? []).includes(finalizer);

export const isBeingDeleted = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined;

/** Deleted in the foreground: it waits until those that block it are gone. */
export const isDeletingDependents = (object: KubeObject): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, FOREGROUND);

/** An object's owners, sorted by what they mean for it. */
export interface Owners {
  /** They exist, or their kind is not known here: they keep the object. */
  readonly solid: readonly OwnerReference[];
  /** They do not exist (any more). */
  readonly dangling: readonly OwnerReference[];
  /** They wait for this object to be deleted. */
  readonly waiting: readonly OwnerReference[];
}

/** garbagecollector `classifyReferences`. */
export function classifyOwners(object: KubeObject, client: Client): Owners {
  const solid: OwnerReference[] = [];
  const dangling: OwnerReference[] = [];
  const waiting: OwnerReference[] = [];
  for (const reference of object.metadata.ownerReferences ?? []) {
    const resource = client.catalog.ofKind(reference.apiVersion, reference.kind);
    const owner = resource && ownerOf(reference, resource, object.metadata.namespace, client);
    if (resource === undefined) solid.push(reference);
    else if (owner === undefined) dangling.push(reference);
    else if (isDeletingDependents(owner)) waiting.push(reference);
    else solid.push(reference);
  }
  return { solid, dangling, waiting };
}

/** A namespaced owner must be in the namespace of what it owns; one of the same name with another uid is another object. */
function ownerOf(
  reference: OwnerReference,
  resource: Resource,
  namespace: string | undefined,
  client: Client,
): KubeObject | undefined {
  if (resource.namespaced && namespace === undefined) return undefined;
  const owner = client.of(resource).get(resource.namespaced ? (namespace ?? '') : '', reference.name);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}
