import { FIELD_TABLE, rowOf } from '#api/protobuf/field-table.ts';
import { type Field, type FieldType, fieldsOf, isType } from '#api/schema.ts';
import { RESOURCES } from '#api/resources.ts';
import { isAtomicType, mergeRuleOf } from '#api/merge-rules.ts';
import * as names from './definition-names.ts';
import type { Docs } from './field-docs.ts';
import { defaultOf, enumOf, isOmittedWhenZero, unionsOf } from './field-facts.ts';

/** A schema of OpenAPI 3.0, as JSON. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export interface GroupVersion {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
}

const REFERENCE = '#/components/schemas/';

export const reference = (definition: string): JsonSchema => ({ $ref: `${REFERENCE}${definition}` });

const TIME_DESCRIPTION =
  'Time is a wrapper around time.Time which supports correct marshaling to YAML and JSON.  Wrappers are provided for many of the factory methods that the time package offers.';

/** The definitions that no type of the schema stands for. */
const SCALAR_DEFINITIONS: Readonly<Record<string, JsonSchema>> = {
  [names.TIME]: { description: TIME_DESCRIPTION, type: 'string', format: 'date-time' },
  [names.MICRO_TIME]: {
    description: 'MicroTime is version of Time with microsecond level precision.',
    type: 'string',
    format: 'date-time',
  },
  [names.FIELDS_V1]: {
    description: 'FieldsV1 stores a set of fields in a data structure like a Trie, in JSON format.',
    type: 'object',
  },
  [names.PATCH]: {
    description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
    type: 'object',
  },
  [names.RAW_EXTENSION]: {
    description: 'RawExtension is used to hold extensions in external versions.',
    type: 'object',
  },
  [names.QUANTITY]: {
    description:
      'Quantity is a fixed-point representation of a number. It provides convenient marshaling/unmarshaling in JSON and YAML, in addition to String() and AsInt64() accessors.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  [names.STATUS_SUBRESOURCE]: {
    description:
      'CustomResourceSubresourceStatus defines how to serve the status subresource for CustomResources. Status is represented by the `.status` JSON path inside of a CustomResource. When set, * exposes a /status subresource for the custom resource * PUT requests to the /status subresource take a custom resource object, and ignore changes to anything except the status stanza * PUT/POST/PATCH requests to the custom resource ignore changes to the status stanza',
    type: 'object',
  },
  [names.JSON_VALUE]: {
    description:
      'JSON represents any valid JSON value. These types are supported: bool, int64, float64, string, []interface{}, map[string]interface{} and nil.',
  },
  [names.SCHEMA_OR_ARRAY]: {
    description:
      'JSONSchemaPropsOrArray represents a value that can either be a JSONSchemaProps or an array of JSONSchemaProps. Mainly here for serialization purposes.',
  },
  [names.SCHEMA_OR_BOOL]: {
    description:
      'JSONSchemaPropsOrBool represents JSONSchemaProps or a boolean value. Defaults to true for the boolean property.',
  },
  [names.SCHEMA_OR_STRINGS]: {
    description: 'JSONSchemaPropsOrStringArray represents a JSONSchemaProps or a string array.',
  },
  [names.INT_OR_STRING]: {
    description:
      'IntOrString is a type that can hold an int32 or a string.  When used in JSON or YAML marshalling and unmarshalling, it produces or consumes the inner type.  This allows you to have, for example, a JSON field that can accept a name or number.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
};

/**
 * `components.schemas`: what `given`, parts of the document, refer to, with everything that this refers to in turn, by definition name, in
 * order. `groupVersion`: of the document.
 */
export function componentSchemas(
  given: readonly unknown[],
  groupVersion: GroupVersion,
  docs: Docs,
): Record<string, JsonSchema> {
  const schemas = new Map<string, JsonSchema>();
  const waiting = given.flatMap(referencesIn);
  for (let definition = waiting.pop(); definition !== undefined; definition = waiting.pop()) {
    if (schemas.has(definition)) continue;
    const schema = definitionSchema(definition, groupVersion, docs);
    if (schema === undefined) continue;
    schemas.set(definition, schema);
    waiting.push(...referencesIn(schema));
  }
  return Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner.slice(REFERENCE.length)] : referencesIn(inner),
  );
}

function definitionSchema(
  definition: string,
  groupVersion: GroupVersion,
  docs: Docs,
): JsonSchema | undefined {
  const type = names.typeOfDefinition(definition);
  return type === undefined ? SCALAR_DEFINITIONS[definition] : typeSchema(type, groupVersion, docs);
}

function typeSchema(type: string, groupVersion: GroupVersion, docs: Docs): JsonSchema {
  const fields = [...fieldsOf(type).values()];
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return {
    ...described(docs[type]?.['']),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      fields.map((field) => [field.name, fieldSchema(type, field, docs[type]?.[field.name])]),
    ),
    ...groupVersionKinds(type, groupVersion),
    ...unionsOf(type),
    ...(isAtomicType(type) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

const described = (description: string | undefined): JsonSchema =>
  description === undefined || description === '' ? {} : { description };

/** Kinds, and the options that every group and version takes, say which they are. */
function groupVersionKinds(type: string, groupVersion: GroupVersion): JsonSchema {
  const resource = RESOURCES.find((each) => each.type === type || each.listType === type);
  if (resource !== undefined) {
    const kind = resource.type === type ? resource.kind : `${resource.kind}List`;
    return kindExtension([{ group: resource.group, kind, version: resource.version }]);
  }
  if (type === 'DeleteOptions' || type === 'WatchEvent')
    return kindExtension(ofEveryGroup(type, groupVersion));
  const other = OTHER_KINDS[type];
  return other === undefined ? {} : kindExtension([other]);
}

interface GroupVersionKind extends GroupVersion {
  readonly kind: string;
}

const kindExtension = (kinds: readonly GroupVersionKind[]): JsonSchema => ({
  'x-kubernetes-group-version-kind': kinds,
});

/** Of the document's group, besides the group that has no name. */
const ofEveryGroup = (kind: string, { group, version }: GroupVersion): GroupVersionKind[] => [
  { group: '', kind, version: 'v1' },
  ...(group === '' ? [] : [{ group, kind, version }]),
];

const OTHER_KINDS: Readonly<Record<string, GroupVersionKind>> = {
  APIGroup: { group: '', kind: 'APIGroup', version: 'v1' },
  APIResourceList: { group: '', kind: 'APIResourceList', version: 'v1' },
  AuthenticationV1TokenRequest: { group: 'authentication.k8s.io', kind: 'TokenRequest', version: 'v1' },
  Binding: { group: '', kind: 'Binding', version: 'v1' },
  Eviction: { group: 'policy', kind: 'Eviction', version: 'v1' },
  Scale: { group: 'autoscaling', kind: 'Scale', version: 'v1' },
  Status: { group: '', kind: 'Status', version: 'v1' },
};

function fieldSchema(type: string, field: Field, description: string | undefined): JsonSchema {
  const value = valueSchema(type, field, field.type);
  const defaultValue = defaultOf(type, field.name) ?? zeroOf(type, field);
  const others = {
    ...described(description),
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
    ...mergeExtensions(type, field.name),
  };
  // Beside a $ref OpenAPI 3.0 allows nothing else.
  const isWrapped = '$ref' in value && Object.keys(others).length > 0;
  return { ...(isWrapped ? { allOf: [value] } : value), ...others };
}

/** What Go writes of an empty field when it always writes it: a zero, or `{}` for a struct (kube-openapi `mustEnforceDefault`). */
function zeroOf(type: string, field: Field): unknown {
  const row = rowOf(type, field.name);
  if (row === undefined || row.shape !== 'one' || row.pointer) return undefined;
  if (FIELD_TABLE.has(row.type)) return {};
  return field.required && !isOmittedWhenZero(type, field.name) ? SCALAR_ZEROS[row.type] : undefined;
}

const SCALAR_ZEROS: Readonly<Record<string, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  double: 0,
  bool: false,
};

function valueSchema(type: string, field: Field, fieldType: FieldType): JsonSchema {
  switch (fieldType.kind) {
    case 'array':
      return { type: 'array', items: valueSchema(type, field, fieldType.of) };
    case 'map':
      return { type: 'object', additionalProperties: valueSchema(type, field, fieldType.of) };
    case 'object':
      return isType(fieldType.of) ? reference(names.definitionName(fieldType.of)) : { type: 'object' };
    case 'scalar':
      return scalarSchema(type, field, fieldType.of);
  }
}

function scalarSchema(type: string, field: Field, scalar: string): JsonSchema {
  switch (scalar) {
    case 'time':
      return reference(field.format === 'date-time-micro' ? names.MICRO_TIME : names.TIME);
    case 'intOrString':
      return reference(names.INT_OR_STRING);
    case 'any':
      return reference(anyDefinition(type, field.name));
    case 'number':
      return {
        type: field.format === 'double' ? 'number' : 'integer',
        ...(field.format === '' ? {} : { format: field.format }),
      };
    case 'boolean':
      return { type: 'boolean' };
    default:
      return rowOf(type, field.name)?.type === 'quantity'
        ? reference(names.QUANTITY)
        : stringSchema(type, field);
  }
}

const anyDefinition = (type: string, field: string): string =>
  ANY_DEFINITIONS[rowOf(type, field)?.type ?? ''] ?? names.RAW_EXTENSION;

/** By the form in the field table. */
const ANY_DEFINITIONS: Readonly<Record<string, string>> = {
  CustomResourceSubresourceStatus: names.STATUS_SUBRESOURCE,
  fieldsV1: names.FIELDS_V1,
  json: names.JSON_VALUE,
  schemaOrArray: names.SCHEMA_OR_ARRAY,
  schemaOrBool: names.SCHEMA_OR_BOOL,
  schemaOrStrings: names.SCHEMA_OR_STRINGS,
};

function stringSchema(type: string, field: Field): JsonSchema {
  const values = enumOf(type, field.name);
  return {
    type: 'string',
    ...(field.format === 'byte' ? { format: 'byte' } : {}),
    ...(values === undefined ? {} : { enum: values }),
  };
}

function mergeExtensions(type: string, field: string): JsonSchema {
  const rule = mergeRuleOf(type, field);
  if (rule === undefined) return {};
  return {
    ...(rule.keys === undefined ? {} : { 'x-kubernetes-list-map-keys': rule.keys }),
    ...(rule.list === undefined ? {} : { 'x-kubernetes-list-type': rule.list }),
    ...(rule.map === undefined ? {} : { 'x-kubernetes-map-type': rule.map }),
    ...(rule.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': rule.mergeKey }),
    ...(rule.strategies === undefined ? {} : { 'x-kubernetes-patch-strategy': rule.strategies.join(',') }),
  };
}
