import type { OwnerReference } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client, ObjectsClient } from '../../client.ts';
import { runController, type Controller } from '../controller.ts';
import type { ControllerContext } from '../context.ts';
import { planCollection, type Action } from './collect-plan.ts';
import { classifyOwners, FOREGROUND, ORPHAN } from './owners.ts';
import { Dependents, type Place } from './dependents.ts';
import { watchAll } from '../watch-all.ts';

/**
 * Deletes objects whose owners are gone, and carries out foreground and orphaning deletion (Kubernetes' garbage collector). Reads are
 * authoritative in this process, so that an owner that is not found does not exist, and no graph of absent owners is needed.
 */
export function startGarbageCollector({ client, clock, log }: ControllerContext): Controller {
  const dependents = new Dependents();
  const controller = runController({ name: 'garbage-collector', clock, log, workers: 20, sync });

  const stop = watchAll(client, (storage) => ({
    added: (object) => observe(storage, object),
    updated: (previous, object) => {
      dependents.remove(previous);
      observe(storage, object);
    },
    deleted: (object) => forget(storage, object),
  }));

  function observe(resource: string, object: KubeObject): void {
    dependents.add(placeOf(resource, object), object);
    const isOwned = (object.metadata.ownerReferences ?? []).length > 0;
    if (isOwned || object.metadata.deletionTimestamp !== undefined) enqueue(placeOf(resource, object));
    if (object.metadata.deletionTimestamp !== undefined) enqueueAll(object.metadata.uid);
  }

  function forget(resource: string, object: KubeObject): void {
    dependents.remove(object);
    enqueueAll(object.metadata.uid);
    // Whom it held up may go on.
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owner = dependents.placeOf(uid);
      if (owner !== undefined) enqueue(owner);
    }
  }

  function enqueue(place: Place): void {
    controller.enqueue(JSON.stringify(place));
  }

  function enqueueAll(uid: string): void {
    dependents.of(uid).forEach(enqueue);
  }

  async function sync(key: string): Promise<void> {
    const place = JSON.parse(key) as Place;
    const object = read(client, place);
    if (object === undefined) return;
    const owned = dependents.of(object.metadata.uid).flatMap((one) => read(client, one) ?? []);
    await act(planCollection(object, classifyOwners(object, client), owned), place, object);
  }

  /** The dependents that must be gone before the object may go when it is deleted in the foreground. */
  function blockers(object: KubeObject): Place[] {
    const { uid } = object.metadata;
    return dependents.of(uid).filter((place) => {
      const references = read(client, place)?.metadata.ownerReferences ?? [];
      return references.some((one) => one.uid === uid && one.blockOwnerDeletion === true);
    });
  }

  async function act(action: Action, place: Place, object: KubeObject): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    switch (action.do) {
      case 'nothing':
        return;
      case 'orphan-dependents':
        await Promise.all(dependents.of(uid).map((dependent) => dropReferences(dependent, uid)));
        await dropFinalizer(place, ORPHAN);
        return;
      case 'delete-dependents':
        if (blockers(object).length === 0) await dropFinalizer(place, FOREGROUND);
        else enqueueAll(uid);
        return;
      case 'keep-references':
        await writeReferences(place, action.references);
        return;
      case 'delete':
        if (action.references !== undefined) await writeReferences(place, action.references);
        await objectsOf(client, place)?.delete(place.namespace, place.name, {
          uid,
          // Of what was decided on; references that were written since are this deletion's own.
          ...(action.references === undefined ? { resourceVersion } : {}),
          propagationPolicy: action.policy,
        });
    }
  }

  const writeReferences = (place: Place, references: readonly OwnerReference[]): Promise<void> =>
    write(place, (current) => ({
      ...current,
      metadata: { ...current.metadata, ownerReferences: [...references] },
    }));

  const dropReferences = (dependent: Place, owner: string): Promise<void> =>
    write(dependent, (current) => {
      const ownerReferences = (current.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner);
      return { ...current, metadata: { ...current.metadata, ownerReferences } };
    });

  const dropFinalizer = (place: Place, finalizer: string): Promise<void> =>
    write(place, (current) => {
      const finalizers = (current.metadata.finalizers ?? []).filter((one) => one !== finalizer);
      return { ...current, metadata: { ...current.metadata, finalizers } };
    });

  /** What is gone needs no change any more. */
  async function write(place: Place, change: (current: KubeObject) => KubeObject): Promise<void> {
    const current = read(client, place);
    if (current === undefined) return;
    try {
      await objectsOf(client, place)?.update(change(current));
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    }
  }

  return {
    ...controller,
    async stop() {
      stop();
      await controller.stop();
    },
  };
}

const placeOf = (resource: string, { metadata }: KubeObject): Place => ({
  resource,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

/** Undefined when the resource is no longer served. */
function objectsOf(client: Client, { resource }: Place): ObjectsClient | undefined {
  const row = client.catalog.ofStorage(resource);
  return row && client.of(row);
}

const read = (client: Client, place: Place): KubeObject | undefined =>
  objectsOf(client, place)?.get(place.namespace, place.name);
