import protobuf from 'protobufjs';
import { FIELD_TABLE, type FieldRow } from './field-table.ts';

type Json = { readonly [field: string]: unknown };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

/**
 * Writes the JSON form of a type of the field table in Go's order: fields by their number, maps by their keys. The zeros that Go writes for
 * absent fields are not written: they read the same. Fields that the table does not have are left out; the objects are those that the registry has checked, so values have the types that the table says.
 */
export function writeFields(writer: protobuf.Writer, type: string, json: Json): void {
  for (const row of FIELD_TABLE.get(type) ?? []) {
    if (row.inline) writeInline(writer, row, json);
    else if (Object.hasOwn(json, row.name)) writeField(writer, row, json[row.name]);
  }
}

function writeInline(writer: protobuf.Writer, { number, type }: FieldRow, json: Json): void {
  writer.uint32((number << 3) | LENGTH).fork();
  writeFields(writer, type, json);
  writer.ldelim();
}

function writeField(writer: protobuf.Writer, { number, shape, type }: FieldRow, value: unknown): void {
  // `null` is absent, except as a value of any form.
  if (value === undefined || (value === null && type !== 'json')) return;
  if (shape === 'one') writeValue(writer, number, type, value);
  else if (shape === 'list') for (const one of value as unknown[]) writeValue(writer, number, type, one);
  else
    for (const key of Object.keys(value as Json).toSorted())
      writeEntry(writer, number, type, key, (value as Json)[key]);
}

function writeEntry(
  writer: protobuf.Writer,
  number: number,
  type: string,
  key: string,
  value: unknown,
): void {
  writer.uint32((number << 3) | LENGTH).fork();
  writer.uint32((1 << 3) | LENGTH).string(key);
  writeValue(writer, 2, type, value);
  writer.ldelim();
}

function writeValue(writer: protobuf.Writer, number: number, type: string, value: unknown): void {
  switch (type) {
    case 'string':
      writer.uint32((number << 3) | LENGTH).string(value as string);
      return;
    case 'bytes':
      writer.uint32((number << 3) | LENGTH).bytes(Buffer.from(value as string, 'base64'));
      return;
    case 'bool':
      writer.uint32((number << 3) | VARINT).bool(value as boolean);
      return;
    case 'int32':
    case 'int64':
      writer.uint32((number << 3) | VARINT).int64(value as number);
      return;
    case 'double':
      writer.uint32((number << 3) | FIXED64).double(value as number);
      return;
    default:
      writer.uint32((number << 3) | LENGTH).fork();
      writeMessage(writer, type, value);
      writer.ldelim();
  }
}

/** The forms of their own as `messages.ts` has them, and the types of the table. */
function writeMessage(writer: protobuf.Writer, type: string, value: unknown): void {
  switch (type) {
    case 'quantity':
      return writeValue(writer, 1, 'string', String(value));
    case 'time':
      return writeTime(writer, value as string, 0);
    case 'microtime':
      return writeTime(writer, value as string, 6);
    case 'intOrString':
      return writeIntOrString(writer, value as number | string);
    case 'fieldsV1':
    case 'rawExtension':
    case 'json':
      writer.uint32((1 << 3) | LENGTH).string(JSON.stringify(value));
      return;
    case 'strings':
      for (const one of value as string[]) writeValue(writer, 1, 'string', one);
      return;
    case 'schemaOrBool':
      return writeSchemaOrBool(writer, value as boolean | Json);
    case 'schemaOrArray':
      return writeSchemaOr(writer, 'JSONSchemaProps', value as Json | unknown[]);
    case 'schemaOrStrings':
      return writeSchemaOr(writer, 'string', value as Json | unknown[]);
    default:
      return writeFields(writer, type, value as Json);
  }
}

/** `digits` of a second are kept of an RFC 3339 time. */
function writeTime(writer: protobuf.Writer, text: string, digits: number): void {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const nanoseconds = Number(fraction.slice(0, digits).padEnd(9, '0'));
  writeValue(writer, 1, 'int64', Math.floor(Date.parse(text) / 1000));
  writeValue(writer, 2, 'int32', nanoseconds);
}

function writeIntOrString(writer: protobuf.Writer, value: number | string): void {
  const isString = typeof value === 'string';
  writeValue(writer, 1, 'int64', isString ? 1 : 0);
  writeValue(writer, 2, 'int32', isString ? 0 : value);
  writeValue(writer, 3, 'string', isString ? value : '');
}

function writeSchemaOrBool(writer: protobuf.Writer, value: boolean | Json): void {
  const isBoolean = typeof value === 'boolean';
  writeValue(writer, 1, 'bool', isBoolean ? value : true);
  if (!isBoolean) writeValue(writer, 2, 'JSONSchemaProps', value);
}

function writeSchemaOr(writer: protobuf.Writer, type: string, value: Json | unknown[]): void {
  if (!Array.isArray(value)) writeValue(writer, 1, 'JSONSchemaProps', value);
  else for (const one of value) writeValue(writer, 2, type, one);
}
