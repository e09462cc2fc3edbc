import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Entry } from '../../store/store.ts';
import { entryOf, type Environment } from '../environment.ts';
import type { NamedTarget, Patch, WriteOptions } from '../registry.ts';
import { finalizeNamespace } from './namespace-finalize.ts';
import { bindPod } from './pod-binding.ts';
import { evictPod } from './pod-eviction.ts';
import { requestToken } from './token-request.ts';
import { patchScale, updateScale } from './scale.ts';

type Updated = Promise<{ entry: Entry; created: boolean }>;

export const succeeded = (): Entry =>
  entryOf({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  } as unknown as KubeObject);

/** Answers a POST to a subresource. */
export async function createSubresource(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Promise<Entry> {
  switch (target.subresource) {
    case 'binding':
      await bindPod(environment, target, body, options);
      return succeeded();
    case 'eviction':
      await evictPod(environment, target, body, options);
      return succeeded();
    case 'token':
      return requestToken(environment, target, body, options);
    default:
      throw StatusError.methodNotAllowed();
  }
}

/** Undefined when the target is a whole object, or a part that is written like it. */
export function updateSubresource(
  environment: Environment,
  target: NamedTarget,
  body: unknown,
  options: WriteOptions,
): Updated | undefined {
  switch (target.subresource) {
    case undefined:
    case 'status':
    case 'approval':
    case 'ephemeralcontainers':
    case 'resize':
      return undefined;
    case 'scale':
      return updateScale(environment, target, body, options);
    case 'finalize':
      return finalizeNamespace(environment, target, body, options);
    default:
      throw StatusError.methodNotAllowed();
  }
}

/** As `updateSubresource`. */
export function patchSubresource(
  environment: Environment,
  target: NamedTarget,
  patch: Patch,
  options: WriteOptions,
): Updated | undefined {
  switch (target.subresource) {
    case undefined:
    case 'status':
    case 'approval':
    case 'ephemeralcontainers':
    case 'resize':
      return undefined;
    case 'scale':
      return patchScale(environment, target, patch, options);
    default:
      throw StatusError.methodNotAllowed();
  }
}
