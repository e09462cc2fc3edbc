import type { JsonSchema } from './schemas.ts';

/**
 * What kubectl would hold too strictly to is left open, as kube-apiserver publishes it (apiextensions-apiserver `controller/openapi/v2/conversion.go`):
 * whatever may be null, several types, or fields that are not named.
 */
const OPEN = ['nullable', 'x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields'];

/** The schema, or what of it OpenAPI v2 may say. */
export function opened(schema: JsonSchema): JsonSchema {
  if (!OPEN.some((keyword) => schema[keyword] === true)) return schema;
  const {
    type: _type,
    items: _items,
    properties: _properties,
    additionalProperties: _more,
    ...rest
  } = schema;
  return rest;
}
