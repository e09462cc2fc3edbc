import { shapeOfType, scalar, ANY, type Shape, type StructField } from './shape.ts';
import { isObject, type PlainObject } from './elements.ts';

/**
 * The shape of a custom resource from the schema that it publishes (kube-openapi's `schemaconv`): what the schema says of its lists and maps
 * (`x-kubernetes-list-type`, `x-kubernetes-list-map-keys`, `x-kubernetes-map-type`), what it leaves open is owned as it comes.
 */
export function shapeOfSchema(schema: PlainObject | undefined): Shape {
  const shape = schema === undefined ? ANY : shapeOf(schema);
  const root = shape.kind === 'struct' ? shape : undefined;
  return {
    kind: 'struct',
    field: (name) => OBJECT_FIELDS.get(name) ?? root?.field(name),
    ...(root === undefined || root.others !== undefined ? { others: root?.others ?? ANY } : {}),
  };
}

const OBJECT_FIELDS: ReadonlyMap<string, StructField> = new Map([
  ['apiVersion', { shape: scalar('string') }],
  ['kind', { shape: scalar('string') }],
  ['metadata', { shape: shapeOfType('ObjectMeta'), zero: Object.freeze({}) }],
]);

function shapeOf(schema: PlainObject): Shape {
  if (schema['x-kubernetes-int-or-string'] === true) return scalar('untyped');
  switch (schema['type']) {
    case 'object':
      return schema['x-kubernetes-embedded-resource'] === true
        ? shapeOfSchema({ ...schema, 'x-kubernetes-embedded-resource': false })
        : objectShape(schema);
    case 'array':
      return listShape(schema);
    case 'string':
      return scalar('string');
    case 'integer':
    case 'number':
      return scalar('numeric');
    case 'boolean':
      return scalar('boolean');
    default:
      return ANY;
  }
}

function objectShape(schema: PlainObject): Shape {
  const within = mapShape(schema);
  return schema['x-kubernetes-map-type'] === 'atomic' ? { kind: 'atomic', within } : within;
}

function mapShape(schema: PlainObject): Shape {
  const properties = isObject(schema['properties']) ? schema['properties'] : undefined;
  const additional = schema['additionalProperties'];
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (properties === undefined) {
    return isObject(additional) ? { kind: 'map', of: shapeOf(additional) } : ANY;
  }
  const fields = new Map<string, StructField>();
  for (const [name, property] of Object.entries(properties)) {
    if (isObject(property)) fields.set(name, { shape: shapeOf(property) });
  }
  return { kind: 'struct', field: (name) => fields.get(name), ...(isOpen ? { others: ANY } : {}) };
}

function listShape(schema: PlainObject): Shape {
  const items = isObject(schema['items']) ? schema['items'] : {};
  const of = shapeOf(items);
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { kind: 'set', of };
    case 'map': {
      const keys = stringsIn(schema['x-kubernetes-list-map-keys']);
      return { kind: 'keyed', keys, defaults: defaultsOf(items, keys), of };
    }
    default:
      return { kind: 'atomic', within: { kind: 'items', of } };
  }
}

const stringsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

function defaultsOf(items: PlainObject, keys: readonly string[]): PlainObject {
  const properties = isObject(items['properties']) ? items['properties'] : {};
  const defaults: PlainObject = {};
  for (const key of keys) {
    const property = properties[key];
    if (isObject(property) && property['default'] !== undefined) defaults[key] = property['default'];
  }
  return defaults;
}
