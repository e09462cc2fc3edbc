import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import { ZONE_LABEL } from './service-endpoints.ts';
import type { ServicePods } from './service-pods.ts';

/**
 * Calls `enqueue` with the key of every Service that has Pods on a node that came, went or moved to another zone: endpoints name their zone, and a
 * Pod of a missing node is none. Kubernetes looks again when it happens to; here nobody waits for that. Returns a function that ends it.
 */
export function watchZones(
  client: Client,
  services: ServicePods,
  enqueue: (key: string) => void,
): () => void {
  let listing = true;
  const enqueueAll = ({ metadata }: Kinds['nodes']): void => {
    // At the start every Service is in the queue already.
    if (listing) return;
    for (const service of services.servicesOn(metadata.name)) enqueue(service);
  };
  const end = client.watch('nodes', {
    added: enqueueAll,
    updated(before, node) {
      if (before.metadata.labels?.[ZONE_LABEL] !== node.metadata.labels?.[ZONE_LABEL]) enqueueAll(node);
    },
    deleted: enqueueAll,
  });
  listing = false;
  return end;
}
