import { isObject, type Schema } from './nodes.ts';

/**
 * The value that `child`, under `key` of a value with this schema, had before an update; undefined where that cannot be told: items of lists have
 * no identity unless the list is a map of items by keys (apiextensions-apiserver `common.CorrelatedObject`).
 */
export function childOf(old: unknown, schema: Schema, key: string | number, child: unknown): unknown {
  if (typeof key === 'string') {
    const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
    return !isAtomic && isObject(old) && Object.hasOwn(old, key) ? old[key] : undefined;
  }
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old) || !isObject(child)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return old.find((item) => isObject(item) && keys.every((one) => item[one] === child[one]));
}
