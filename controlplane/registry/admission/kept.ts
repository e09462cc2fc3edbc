import type { Kinds, KubeObject, ResourceName } from '#api/resources.ts';
import type { Entry, Store } from '../../store/store.ts';

/**
 * What is made of each object of a resource, made once for as long as the object stays the same. Asking again while nothing changes costs
 * nothing, which every write does.
 */
export function keptFor<R extends ResourceName, T>(
  store: Store,
  resource: R,
  make: (object: Kinds[R]) => T,
): () => readonly T[] {
  let entries: readonly Entry[] = [];
  let made = new Map<KubeObject, T>();
  let all: readonly T[] = [];
  return () => {
    const now = store.list(resource);
    if (now === entries || (now.length === 0 && entries.length === 0)) return all;
    const next = new Map<KubeObject, T>();
    for (const { object } of now) next.set(object, made.get(object) ?? make(object as unknown as Kinds[R]));
    entries = now;
    made = next;
    all = [...next.values()];
    return all;
  };
}
