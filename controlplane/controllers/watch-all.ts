import { isStored, type KubeObject, type Resource } from '#api/resources.ts';
import type { Client, Handler } from '../client.ts';
import type { Catalog } from '../registry/catalog.ts';

/** Every resource whose objects are kept, once, in its storage version. */
export const storedResources = (catalog: Catalog): Resource[] =>
  catalog.all().filter((resource) => resource.isStorageVersion && isStored(resource));

/** Watches the objects of every resource, also of those that come later; a resource that is withdrawn is no longer watched. */
export function watchAll(client: Client, handlerOf: (storage: string) => Handler<KubeObject>): () => void {
  const stops = new Map<string, () => void>();
  const follow = (): void => {
    const resources = new Map(
      storedResources(client.catalog).map((resource) => [resource.storage, resource]),
    );
    for (const [storage, stop] of stops) {
      if (resources.has(storage)) continue;
      stop();
      stops.delete(storage);
    }
    for (const [storage, resource] of resources) {
      if (!stops.has(storage)) stops.set(storage, client.of(resource).watch(handlerOf(storage)));
    }
  };
  follow();
  const stopFollowing = client.catalog.onChange(follow);
  return () => {
    stopFollowing();
    for (const stop of stops.values()) stop();
  };
}
