import type { ObjectMeta } from '#api/resources.ts';

/**
 * The object as it must become: without the finalizer when it is being deleted and not used, with it when it is not being deleted
 * (objects from before the protection have none); undefined when it is right as it is (`protectionutil`).
 */
export function protectedAnew<T extends { readonly metadata: ObjectMeta }>(
  object: T,
  finalizer: string,
  isUsed: (object: T) => boolean,
): T | undefined {
  const finalizers = object.metadata.finalizers ?? [];
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  const has = finalizers.includes(finalizer);
  if (has !== isDeleted || (isDeleted && isUsed(object))) return undefined;
  const next = isDeleted ? finalizers.filter((one) => one !== finalizer) : [...finalizers, finalizer];
  return { ...object, metadata: { ...object.metadata, finalizers: next } };
}
