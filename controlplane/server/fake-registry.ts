import { randomUUID } from 'node:crypto';
import { rfc3339 } from '#api/clock.ts';
import { type KubeObject, type Resource, apiVersionOf } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { NamedTarget, Registry, Target, WatchEvent } from '../registry/registry.ts';
import { type Entry, type Key, RevisionExpired, type Store } from '../store/store.ts';

/**
 * A registry for tests of the server: it stores what it gets, in the real store, and knows nothing of defaults, validation, patches or
 * selectors.
 */
export function createFakeRegistry(store: Store, now = (): number => Date.now()): Registry {
  const find = (target: NamedTarget): Entry => {
    const entry = store.get(keyOf(target, target.name));
    if (entry === undefined) throw notFound(target.resource, target.name);
    return entry;
  };
  const replace = async (target: NamedTarget, body: unknown): Promise<{ entry: Entry; created: boolean }> => {
    const given = body as KubeObject;
    const entry = await store.write(keyOf(target, target.name), (current) => {
      if (current === undefined) throw notFound(target.resource, target.name);
      return { ...given, metadata: { ...current.metadata, ...given.metadata } };
    });
    return { entry: entry!, created: false };
  };
  const remove = async (target: NamedTarget): Promise<{ entry: Entry; gone: boolean }> => {
    find(target);
    const entry = await store.write(keyOf(target, target.name), () => null);
    return { entry: entry!, gone: true };
  };
  return {
    get: find,
    list: (target) => ({
      entries: store.list(target.resource.name, target.namespace),
      resourceVersion: String(store.revision),
    }),
    async create(target, body) {
      const object = body as KubeObject;
      const name = object.metadata.name;
      const entry = await store.write(keyOf(target, name), (current) => {
        if (current !== undefined)
          throw StatusError.alreadyExists(
            { group: target.resource.group, resource: target.resource.name },
            name,
          );
        return stored(target, object, now());
      });
      return entry!;
    },
    update: replace,
    patch: (target) => {
      throw new Error(`the fake registry cannot patch ${target.resource.name}`);
    },
    delete: remove,
    async deleteCollection(target) {
      const entries = store.list(target.resource.name, target.namespace);
      for (const entry of entries) await remove({ ...target, name: entry.object.metadata.name });
      return { entries, resourceVersion: String(store.revision) };
    },
    watch: (target, options, on) => watch(store, target, options.resourceVersion, on),
  };
}

const keyOf = (target: Target, name: string): Key => ({
  resource: target.resource.name,
  namespace: target.namespace ?? '',
  name,
});

function stored(target: Target, object: KubeObject, now: number): KubeObject {
  return {
    ...object,
    kind: target.resource.kind,
    apiVersion: apiVersionOf(target.resource),
    metadata: {
      ...object.metadata,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      uid: randomUUID(),
      creationTimestamp: rfc3339(now),
    },
  };
}

const notFound = (resource: Resource, name: string): StatusError =>
  StatusError.notFound({ group: resource.group, resource: resource.name }, name);

function watch(
  store: Store,
  target: Target,
  resourceVersion: string | undefined,
  on: (event: WatchEvent) => void,
): () => void {
  const fromNow = resourceVersion === undefined || resourceVersion === '0';
  try {
    if (fromNow) {
      for (const entry of store.list(target.resource.name, target.namespace)) on({ type: 'ADDED', entry });
    }
    return store.watch(
      {
        resource: target.resource.name,
        namespace: target.namespace,
        since: fromNow ? undefined : Number(resourceVersion),
      },
      ({ type, entry }) => on({ type, entry }),
    );
  } catch (error) {
    if (error instanceof RevisionExpired) throw new StatusError('Expired', error.message);
    throw error;
  }
}
