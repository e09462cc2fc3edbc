import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';
import { unlessTerminating } from '../api-errors.ts';
import { same } from '../equality.ts';
import type { SlicePlan } from './slice-planner.ts';

type Slice = Kinds['endpointslices'];

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

/** The slices that one controller writes. */
export interface ServiceSlices {
  /** Those of a Service (by `namespace/name`) that are not on their way out, as they are now. */
  slicesOf(service: string): Slice[];
  /** Writes what a plan says. A stale slice rejects the whole, and the caller plans again. */
  apply(plan: SlicePlan): Promise<void>;
  stop(): void;
}

/**
 * Keeps in memory which slices each Service has from `manager`, so that finding them costs no look at all slices. Calls `enqueue` with the
 * key of a Service when one of them was changed or deleted.
 */
export function watchServiceSlices(
  client: Client,
  manager: string,
  enqueue: (service: string) => void,
): ServiceSlices {
  const names = new Map<string, Set<string>>();
  /** What is being written, by uid: the news of it is none. */
  const writing = new Map<string, Slice>();

  function remember(slice: Slice): void {
    const service = ownerKey(slice, manager);
    if (service === undefined) return;
    names.set(service, (names.get(service) ?? new Set()).add(slice.metadata.name));
  }

  function forget(slice: Slice): void {
    const service = ownerKey(slice, manager) ?? '';
    const siblings = names.get(service);
    siblings?.delete(slice.metadata.name);
    if (siblings?.size === 0) names.delete(service);
  }

  const enqueueOwner = (slice: Slice): void => {
    const service = ownerKey(slice, manager);
    if (service !== undefined) enqueue(service);
  };

  const unwatch = client.watch('endpointslices', {
    added: remember,
    updated(before, slice) {
      if (ownerKey(before, manager) !== ownerKey(slice, manager)) {
        forget(before);
        enqueueOwner(before);
        remember(slice);
      }
      const written = writing.get(slice.metadata.uid);
      if (written === undefined || !sameContent(written, slice)) enqueueOwner(slice);
    },
    deleted(slice) {
      forget(slice);
      enqueueOwner(slice);
    },
  });

  async function update(slice: Slice): Promise<void> {
    writing.set(slice.metadata.uid, slice);
    try {
      await client.update('endpointslices', slice);
    } finally {
      writing.delete(slice.metadata.uid);
    }
  }

  return {
    slicesOf(service) {
      const namespace = service.slice(0, service.indexOf('/'));
      return [...(names.get(service) ?? [])].flatMap((name) => {
        const slice = client.get('endpointslices', namespace, name);
        const isOwn = slice !== undefined && ownerKey(slice, manager) === service;
        return isOwn && slice.metadata.deletionTimestamp === undefined ? [slice] : [];
      });
    },
    async apply(plan) {
      await Promise.all([
        // The next look must find them, also if it comes before the news of them.
        ...plan.create.map((slice) =>
          unlessTerminating(client.create('endpointslices', slice).then(remember)),
        ),
        ...plan.update.map(update),
        ...plan.remove.map(({ metadata: { namespace = '', name, uid } }) =>
          client.delete('endpointslices', namespace, name, { uid }),
        ),
      ]);
    },
    stop: unwatch,
  };
}

const sameContent = (one: Slice, other: Slice): boolean =>
  same(one.endpoints, other.endpoints) &&
  same(one.ports, other.ports) &&
  same(one.metadata.labels, other.metadata.labels) &&
  same(one.metadata.annotations, other.metadata.annotations);

/** The key of the Service that a slice of this manager belongs to. */
function ownerKey({ metadata }: Slice, manager: string): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  if (service === undefined || metadata.labels?.[MANAGED_BY_LABEL] !== manager) return undefined;
  return `${metadata.namespace ?? ''}/${service}`;
}
