import type { Kinds } from '#api/resources.ts';
import { mapSelectorMatcher } from '#api/selectors.ts';
import type { Client } from '../../client.ts';
import { keyOf } from '../keys.ts';
import { changesEndpoints, hasSelector } from './service-endpoints.ts';

/** Calls `enqueue` with the key of every Service whose endpoints may have changed. Returns a function that ends it. */
export function watchServicePods(client: Client, enqueue: (key: string) => void): () => void {
  const enqueueSelecting = (pod: Kinds['pods']): void => {
    for (const service of client.list('services', pod.metadata.namespace)) {
      const matches = mapSelectorMatcher(service.spec?.selector);
      if (hasSelector(service) && matches(pod.metadata.labels)) enqueue(keyOf(service));
    }
  };
  const unwatch = [
    client.watch('services', {
      added: (service) => enqueue(keyOf(service)),
      updated: (_, service) => enqueue(keyOf(service)),
      deleted: (service) => enqueue(keyOf(service)),
    }),
    client.watch('pods', {
      added: enqueueSelecting,
      updated: (before, after) => {
        if (!changesEndpoints(before, after)) return;
        enqueueSelecting(before);
        enqueueSelecting(after);
      },
      deleted: enqueueSelecting,
    }),
  ];
  return () => {
    for (const end of unwatch) end();
  };
}
