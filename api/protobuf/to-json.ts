import { StatusError } from '../status.ts';
import { FIELD_TABLE, type FieldRow } from './field-table.ts';
import type { Message } from './messages.ts';

type Json = { [field: string]: unknown };

/** The JSON form of a message of the field table, as Go's encoding/json would write the same object. Throws BadRequest for bad values. */
export function toJson(type: string, message: Message): Json {
  const json: Json = {};
  for (const row of FIELD_TABLE.get(type) ?? []) {
    if (!Object.hasOwn(message, row.wireName)) continue;
    const value = message[row.wireName];
    if (row.inline) Object.assign(json, toJson(row.type, value as Message));
    else setField(json, row, value);
  }
  return json;
}

function setField(json: Json, row: FieldRow, value: unknown): void {
  const converted = convertField(row, value);
  if (converted === undefined || (isAbsentZero(row) && isZero(converted))) return;
  json[row.name] = converted;
}

const ZERO_IS_ABSENT: ReadonlySet<string> = new Set([
  'string',
  'int32',
  'int64',
  'double',
  'bool',
  'bytes',
  'quantity',
  'intOrString',
]);
const isAbsentZero = ({ shape, pointer, type }: FieldRow): boolean =>
  shape === 'one' && !pointer && ZERO_IS_ABSENT.has(type);
const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false;

/** Undefined for what is absent: on the wire, an empty list or map is nothing. */
function convertField({ shape, type }: FieldRow, value: unknown): unknown {
  if (shape === 'one') return convert(type, value);
  if (shape === 'list') {
    const list = (value as unknown[]).map((one) => convert(type, one));
    return list.length === 0 ? undefined : list;
  }
  const entries = Object.entries(value as object).map(([key, one]) => [key, convert(type, one)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function convert(type: string, value: unknown): unknown {
  switch (type) {
    case 'string':
    case 'bool':
    case 'int32':
    case 'double':
      return value;
    case 'int64':
      return Number(value);
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'quantity':
      return own(value, 'string') ?? '';
    case 'time':
      return timeText(value, 0);
    case 'microtime':
      return timeText(value, 6);
    case 'intOrString':
      return intOrString(value);
    case 'fieldsV1':
      return jsonInside(value, 'Raw');
    case 'rawExtension':
    case 'json':
      return jsonInside(value, 'raw');
    case 'strings':
      return own(value, 'items') ?? [];
    case 'schemaOrBool':
      return schemaIn(value) ?? own(value, 'allows') ?? false;
    case 'schemaOrArray':
      return schemaIn(value) ?? ((own(value, 'schemas') ?? []) as Message[]).map(schemaOf);
    case 'schemaOrStrings':
      return schemaIn(value) ?? own(value, 'strings') ?? [];
    default:
      return toJson(type, value as Message);
  }
}

/** What was on the wire: a message has the defaults of all other fields in its prototype. */
const own = (message: unknown, field: string): unknown =>
  Object.hasOwn(message as Message, field) ? (message as Message)[field] : undefined;

/** Undefined when there is no text. Throws when it is no JSON. */
function jsonInside(message: unknown, field: string): unknown {
  const text = Buffer.from((own(message, field) ?? []) as Uint8Array).toString();
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

const schemaOf = (message: Message): Json => toJson('JSONSchemaProps', message);

function schemaIn(message: unknown): Json | undefined {
  const schema = own(message, 'schema');
  return schema === undefined ? undefined : schemaOf(schema as Message);
}

/** RFC 3339 with this many digits of a second; undefined for Go's zero time, which is an empty message and `null` in JSON. */
function timeText(message: unknown, digits: number): string | undefined {
  const [seconds, nanos] = [own(message, 'seconds'), own(message, 'nanos')];
  if (seconds === undefined && nanos === undefined) return undefined;
  const date = new Date(Number(seconds ?? 0) * 1000);
  const nanoseconds = Number(nanos ?? 0);
  if (Number.isNaN(date.getTime()) || nanoseconds < 0 || nanoseconds > 999_999_999) {
    throw StatusError.badRequest(`invalid time: ${Number(seconds)} seconds, ${nanoseconds} nanoseconds`);
  }
  const fraction = digits === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').slice(0, digits)}`;
  return date.toISOString().replace(/\.\d{3}Z$/, `${fraction}Z`);
}

/** k8s.io/apimachinery `intstr.IntOrString`: type 0 is a number, 1 a string. */
function intOrString(message: unknown): number | string {
  const isString = Number(own(message, 'type') ?? 0) === 1;
  return isString ? ((own(message, 'strVal') ?? '') as string) : Number(own(message, 'intVal') ?? 0);
}
