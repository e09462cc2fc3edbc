import type { DeleteOptions } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import { deleteObject, validateDeleteOptions } from './delete.ts';
import type { Environment } from './environment.ts';
import { listObjects } from './list.ts';
import type { ListOptions, ListResult, Target, WriteOptions } from './registry.ts';

/** Deletes each object that is listed now. One that goes away meanwhile is no error. */
export async function deleteCollection(
  environment: Environment,
  target: Target,
  list: ListOptions,
  options: DeleteOptions,
  write: WriteOptions,
): Promise<ListResult> {
  validateDeleteOptions(options);
  const listed = listObjects(environment, target, list);
  await Promise.all(
    listed.entries.map(async ({ object: { metadata } }) => {
      const named = { resource: target.resource, namespace: metadata.namespace, name: metadata.name };
      try {
        await deleteObject(environment, named, options, write);
      } catch (error) {
        if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
      }
    }),
  );
  return listed;
}
