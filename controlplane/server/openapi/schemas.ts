import { type Field, type FieldType, fieldsOf, isType } from '#api/schema.ts';
import { RESOURCES } from '#api/resources.ts';
import { isAtomicType, mergeRuleOf } from '#api/merge-rules.ts';
import { isQuantity } from '../../registry/decode/go-types.ts';
import * as names from './definition-names.ts';
import { fieldDescription, type Docs } from './field-docs.ts';
import { defaultOf, enumOf } from './field-facts.ts';

/** A schema of OpenAPI 3.0, as JSON. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export const reference = (definition: string): JsonSchema => ({
  $ref: `#/components/schemas/${definition}`,
});

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
  [names.INT_OR_STRING]: {
    description:
      'IntOrString is a type that can hold an int32 or a string.  When used in JSON or YAML marshalling and unmarshalling, it produces or consumes the inner type.  This allows you to have, for example, a JSON field that can accept a name or number.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
};

/** `components.schemas` with the given types and everything that they refer to, by definition name, in order. */
export function componentSchemas(types: readonly string[], docs: Docs): Record<string, JsonSchema> {
  const schemas = new Map<string, JsonSchema>(Object.entries(SCALAR_DEFINITIONS));
  const waiting = [...types];
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    const definition = names.definitionName(type);
    if (schemas.has(definition)) continue;
    schemas.set(definition, typeSchema(type, docs));
    for (const field of fieldsOf(type).values()) waiting.push(...typesIn(field.type));
  }
  return Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function typesIn(type: FieldType): string[] {
  if (type.kind === 'scalar') return [];
  return type.kind === 'object' ? [type.of].filter(isType) : typesIn(type.of);
}

function typeSchema(type: string, docs: Docs): JsonSchema {
  const fields = [...fieldsOf(type).values()];
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return {
    ...described(docs[type]?.['']),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      fields.map((field) => [field.name, fieldSchema(type, field, fieldDescription(docs, type, field.name))]),
    ),
    ...groupVersionKinds(type),
    ...(isAtomicType(type) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

const described = (description: string | undefined): JsonSchema =>
  description === undefined || description === '' ? {} : { description };

/** Kinds, and the options that every group and version takes, say which they are. */
function groupVersionKinds(type: string): JsonSchema {
  const item = type.replace(/List$/, '');
  const resource = RESOURCES.find((each) => each.type === type || (each.type === item && item !== type));
  if (resource !== undefined) {
    const kind = resource.type === type ? resource.kind : `${resource.kind}List`;
    return kindExtension([{ group: resource.group, kind, version: resource.version }]);
  }
  const other = OTHER_KINDS[type];
  return other === undefined ? {} : kindExtension(other);
}

interface GroupVersionKind {
  readonly group: string;
  readonly kind: string;
  readonly version: string;
}

const kindExtension = (kinds: readonly GroupVersionKind[]): JsonSchema => ({
  'x-kubernetes-group-version-kind': kinds,
});

const OTHER_KINDS: Readonly<Record<string, readonly GroupVersionKind[]>> = {
  APIResourceList: [{ group: '', kind: 'APIResourceList', version: 'v1' }],
  Binding: [{ group: '', kind: 'Binding', version: 'v1' }],
  DeleteOptions: [...new Set(RESOURCES.map(({ group }) => group))].map((group) => ({
    group,
    kind: 'DeleteOptions',
    version: 'v1',
  })),
  Eviction: [{ group: 'policy', kind: 'Eviction', version: 'v1' }],
  Scale: [{ group: 'autoscaling', kind: 'Scale', version: 'v1' }],
  Status: [{ group: '', kind: 'Status', version: 'v1' }],
};

function fieldSchema(type: string, field: Field, description: string | undefined): JsonSchema {
  const value = valueSchema(type, field, field.type);
  const defaultValue = defaultOf(type, field.name);
  return {
    ...described(description),
    // Beside a $ref OpenAPI 3.0 allows nothing else.
    ...('$ref' in value ? { allOf: [value] } : value),
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
    ...mergeExtensions(type, field.name),
  };
}

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
      return isQuantity(type, field.name) ? reference(names.QUANTITY) : stringSchema(type, field);
  }
}

const anyDefinition = (type: string, field: string): string =>
  type === 'ManagedFieldsEntry' && field === 'fieldsV1' ? names.FIELDS_V1 : names.RAW_EXTENSION;

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
