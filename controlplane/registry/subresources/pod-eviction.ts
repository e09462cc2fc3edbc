import type { DeleteOptions, Eviction } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import { decodeAs } from '../decode/decode.ts';
import { deleteObject } from '../delete.ts';
import type { Environment } from '../environment.ts';
import type { NamedTarget, WriteOptions } from '../registry.ts';

/** Deletes a Pod as its owner allows. There are no disruption budgets so far, so every owner does. */
export async function evictPod(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<void> {
  const wanted = { kind: 'Eviction', apiVersion: 'policy/v1' };
  const eviction = decodeAs('Eviction', wanted, 'policy', body, options) as Partial<Eviction>;
  if ((eviction.metadata?.name ?? '') !== target.name) {
    throw StatusError.badRequest('name in URL does not match name in Eviction object');
  }
  const deleteOptions: DeleteOptions = eviction.deleteOptions ?? {};
  await deleteObject(environment, target, deleteOptions, options);
}
