import type { JSONSchemaProps } from '#api/gen/types.ts';

/** A structural schema: `spec.versions[].schema.openAPIV3Schema` of a CustomResourceDefinition, or a part of it. */
export type Schema = JSONSchemaProps;

export type JsonObject = { [field: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of a list's items; undefined: they may be anything. */
export const itemsOf = ({ items }: Schema): Schema | undefined => (isObject(items) ? items : undefined);

/** The schema of values under keys that are not named; true: they may be anything; undefined: there may be none. */
export function additionalOf({ additionalProperties }: Schema): Schema | true | undefined {
  if (additionalProperties === true) return true;
  return isObject(additionalProperties) ? additionalProperties : undefined;
}

export const propertyOf = ({ properties }: Schema, name: string): Schema | undefined =>
  properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;

/** The schema of a value under a key; true: anything; undefined: no such key is known. */
export const fieldSchema = (schema: Schema, name: string): Schema | true | undefined =>
  propertyOf(schema, name) ?? additionalOf(schema);

export const keepsUnknown = (schema: Schema): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true;

export const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true;

/** Fields that every object has, at the root of a resource and where one is embedded. */
export const OBJECT_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** `spec.items[0].name`. */
export const childPath = (path: string, key: string | number): string =>
  typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
