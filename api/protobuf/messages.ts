import protobuf from 'protobufjs';
import { FIELD_TABLE, type FieldRow } from './field-table.ts';

/** The messages that have a form of their own in JSON, and the envelope around every body. */
const SPECIAL = {
  // k8s.io/apimachinery `runtime/generated.proto`.
  Unknown: {
    typeMeta: [1, 'TypeMeta'],
    raw: [2, 'bytes'],
    contentEncoding: [3, 'string'],
    contentType: [4, 'string'],
  },
  TypeMeta: { apiVersion: [1, 'string'], kind: [2, 'string'] },
  quantity: { string: [1, 'string'] },
  time: { seconds: [1, 'int64'], nanos: [2, 'int32'] },
  microtime: { seconds: [1, 'int64'], nanos: [2, 'int32'] },
  intOrString: { type: [1, 'int64'], intVal: [2, 'int32'], strVal: [3, 'string'] },
  fieldsV1: { Raw: [1, 'bytes'] },
  // k8s.io/apimachinery `runtime.RawExtension` and apiextensions' `JSON`: JSON text inside.
  rawExtension: { raw: [1, 'bytes'] },
  json: { raw: [1, 'bytes'] },
  // `ExtraValue`: the list inside a map, which protobuf cannot write otherwise.
  strings: { items: [1, '[]string'] },
  // apiextensions' `JSONSchemaPropsOrBool`, `…OrArray` and `…OrStringArray`.
  schemaOrBool: { allows: [1, 'bool'], schema: [2, 'JSONSchemaProps'] },
  schemaOrArray: { schema: [1, 'JSONSchemaProps'], schemas: [2, '[]JSONSchemaProps'] },
  schemaOrStrings: { schema: [1, 'JSONSchemaProps'], strings: [2, '[]string'] },
  // k8s.io/apimachinery `meta/v1.WatchEvent`.
  watchEvent: { type: [1, 'string'], object: [2, 'rawExtension'] },
} as const;

const root = new protobuf.Root();
for (const [name, fields] of Object.entries(SPECIAL)) {
  const type = new protobuf.Type(name);
  for (const [field, [number, of]] of Object.entries(fields)) {
    type.add(
      new protobuf.Field(field, number, of.replace('[]', ''), of.startsWith('[]') ? 'repeated' : 'optional'),
    );
  }
  root.add(type);
}
for (const [name, rows] of FIELD_TABLE) {
  const type = new protobuf.Type(name);
  for (const row of rows) type.add(toField(row));
  root.add(type);
}
root.resolveAll();

function toField({ wireName, number, shape, type }: FieldRow): protobuf.ReflectionObject {
  if (shape === 'map') return new protobuf.MapField(wireName, number, 'string', type);
  return new protobuf.Field(wireName, number, type, shape === 'list' ? 'repeated' : 'optional');
}

/** A message as it was on the wire: only the fields that were there are own properties. */
export type Message = { readonly [field: string]: unknown };

/** Throws what protobufjs throws when the bytes are no such message. */
export const decodeMessage = (type: string, bytes: Uint8Array): Message =>
  root.lookupType(type).decode(bytes) as unknown as Message;
