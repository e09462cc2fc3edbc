import type { CustomResourceSubresourceScale } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { fieldNames } from './json-path.ts';
import { isObject, type JsonObject } from './schema/nodes.ts';

/** What a custom resource says of its scale, at the paths that its definition names. */
export interface CustomScale {
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly selector: string | undefined;
}

/** apiextensions-apiserver `scaleFromCustomResource`. Throws when the object does not say how many replicas it wants. */
export function customScale(object: KubeObject, paths: CustomResourceSubresourceScale): CustomScale {
  const specReplicas = valueAt(object, paths.specReplicasPath);
  if (typeof specReplicas !== 'number') {
    throw StatusError.internal(
      `the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`,
    );
  }
  const statusReplicas = valueAt(object, paths.statusReplicasPath);
  const selector = valueAt(object, paths.labelSelectorPath ?? '');
  return {
    specReplicas,
    statusReplicas: typeof statusReplicas === 'number' ? statusReplicas : 0,
    selector: typeof selector === 'string' ? selector : undefined,
  };
}

function valueAt(object: unknown, path: string): unknown {
  return (fieldNames(path) ?? ['']).reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    object,
  );
}

/** A copy of the object that wants so many replicas. */
export function withReplicas(
  object: KubeObject,
  paths: CustomResourceSubresourceScale,
  replicas: number,
): KubeObject {
  const copy = structuredClone(object);
  const names = fieldNames(paths.specReplicasPath) ?? [];
  let at: JsonObject = copy;
  for (const name of names.slice(0, -1)) {
    const next = at[name];
    at = isObject(next) ? next : (at[name] = {});
  }
  at[names.at(-1) ?? ''] = replicas;
  return copy;
}
