import {
  childPath,
  fieldSchema,
  isEmbedded,
  isObject,
  itemsOf,
  keepsUnknown,
  OBJECT_FIELDS,
  type JsonObject,
  type Schema,
} from './nodes.ts';

/**
 * Removes from `value`, in place, what the schema does not know (apiextensions-apiserver `schema/pruning`). Returns the paths of what went.
 * The fields of every object (apiVersion, kind, metadata) stay where `isRoot` or an embedded resource is.
 */
export function prune(value: unknown, schema: Schema, isRoot: boolean, path = ''): string[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined)
      return keepsUnknown(schema) ? [] : value.flatMap((item, at) => pruneAny(item, childPath(path, at)));
    return value.flatMap((item, at) => prune(item, items, false, childPath(path, at)));
  }
  return isObject(value) ? pruneObject(value, schema, isRoot || isEmbedded(schema), path) : [];
}

function pruneObject(value: JsonObject, schema: Schema, isResource: boolean, path: string): string[] {
  const removed: string[] = [];
  for (const key of Object.keys(value)) {
    if (isResource && OBJECT_FIELDS.has(key)) continue;
    const child = fieldSchema(schema, key);
    if (child === true) continue;
    if (child !== undefined) removed.push(...prune(value[key], child, false, childPath(path, key)));
    else if (!keepsUnknown(schema)) {
      delete value[key];
      removed.push(childPath(path, key));
    }
  }
  return removed;
}

/** What a list without a schema of its items holds: no field of it is known. */
const pruneAny = (value: unknown, path: string): string[] => prune(value, {}, false, path);
