import { additionalOf, fieldSchema, isObject, itemsOf, type JsonObject, type Schema } from './nodes.ts';

/**
 * Fills the schema's defaults into `value`, in place; a null where none is allowed counts as missing (apiextensions-apiserver
 * `schema/defaulting`).
 */
export function applyDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items !== undefined) for (const item of value) applyDefaults(item, items);
    return;
  }
  if (isObject(value)) defaultObject(value, schema);
}

/** Whether the schema has a default anywhere. */
export function hasDefaults(schema: Schema): boolean {
  if (schema.default !== undefined) return true;
  const inner = [...Object.values(schema.properties ?? {}), itemsOf(schema), additionalOf(schema)];
  return inner.some((child) => isObject(child) && hasDefaults(child));
}

function defaultObject(value: JsonObject, schema: Schema): void {
  for (const key of Object.keys(value)) {
    const child = fieldSchema(schema, key);
    const isForbiddenNull = value[key] === null && isObject(child) && child.nullable !== true;
    if (isForbiddenNull && isKnownNull(schema, key)) delete value[key];
  }
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (child.default !== undefined && !Object.hasOwn(value, key)) {
      define(value, key, structuredClone(child.default));
    }
  }
  for (const key of Object.keys(value)) {
    const child = fieldSchema(schema, key);
    if (isObject(child)) applyDefaults(value[key], child);
  }
}

/** A key that is dangerous in JavaScript (`__proto__`) is only a key. */
const define = (object: JsonObject, key: string, value: unknown): void => {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
};

/** Nulls go only where the schema names the field, or has a default for the values of a map. */
const isKnownNull = (schema: Schema, key: string): boolean =>
  Object.hasOwn(schema.properties ?? {}, key) ||
  (isObject(additionalOf(schema)) && (additionalOf(schema) as Schema).default !== undefined);
