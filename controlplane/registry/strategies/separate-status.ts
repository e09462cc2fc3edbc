import type { ObjectMeta } from '#api/resources.ts';
import type { Strategy } from './strategy.ts';

interface WithStatus {
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
}

/** What a write of the status leaves alone besides the spec: nothing, or what the user says about the object in its metadata. */
type StatusMetadata = 'written' | 'kept';

/**
 * The rules of most kinds with a status: a new object has the one that `initial` makes, an update of the object keeps it, and an update of
 * the status keeps the spec.
 */
export function separateStatus<T extends WithStatus>(
  initial: () => NonNullable<T['status']>,
  metadata: StatusMetadata = 'written',
) {
  return {
    prepareForCreate(object) {
      object.status = initial();
    },
    prepareForUpdate(object, old) {
      object.status = old.status ?? initial();
    },
    status: {
      prepareForUpdate(object, old) {
        if (old.spec === undefined) delete object.spec;
        else object.spec = old.spec;
        if (metadata === 'kept') object.metadata = statusMetadata(object.metadata, old.metadata);
      },
    },
  } satisfies Strategy<T>;
}

const KEPT = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'deletionTimestamp'] as const;

/** `metav1.ResetObjectMetaForStatus` */
function statusMetadata(given: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const { labels: _labels, annotations: _annotations, finalizers: _finalizers, ...rest } = given;
  const { ownerReferences: _owners, deletionTimestamp: _deleted, ...others } = rest;
  const kept = Object.fromEntries(KEPT.filter((field) => field in old).map((field) => [field, old[field]]));
  return { ...others, ...kept };
}
