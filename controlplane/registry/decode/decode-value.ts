import { canonicalQuantity, QuantityError } from '#api/quantity.ts';
import { fieldsOf, type Field, type FieldType } from '#api/schema.ts';
import { goName, isQuantity, keepsEmpty, qualifiedGoName, stringType } from './go-types.ts';
import { DecodeError, type GoType, jsonKind, mismatch, type MismatchContext } from './mismatch.ts';

/** Where the decoder stands, and what strict decoding would refuse. */
export interface DecodeContext extends MismatchContext {
  readonly path: (string | number)[];
  readonly strictErrors: string[];
  /** Paths of fields that the body has more than once, until they are named in `strictErrors`. */
  readonly duplicates?: Set<string>;
}

export type Decoder = (value: unknown, context: DecodeContext) => unknown;

interface FieldDecoder {
  readonly decode: Decoder;
  readonly isEmpty: (decoded: unknown) => boolean;
}

type PlainObject = { [key: string]: unknown };

const objectDecoders = new Map<string, Decoder>();

/**
 * The decoder of a type in the schema. It copies what it is given: unknown fields are noted as strict errors and left out, nulls and
 * empty values are left out as Go's `omitempty` does, quantities and times become canonical. It throws `DecodeError`.
 */
export function decoderOf(type: string): Decoder {
  const known = objectDecoders.get(type);
  if (known !== undefined) return known;
  // Fields are compiled at the first use: types refer to each other in circles.
  let fields: Map<string, FieldDecoder> | undefined;
  const decoder: Decoder = (value, context) => {
    if (!isPlainObject(value)) throw mismatch(value, structType(type), context, '');
    fields ??= compileFields(type);
    return decodeObject(value, fields, context);
  };
  objectDecoders.set(type, decoder);
  return decoder;
}

function decodeObject(
  value: PlainObject,
  fields: ReadonlyMap<string, FieldDecoder>,
  context: DecodeContext,
): PlainObject {
  const result: PlainObject = {};
  for (const key of Object.keys(value)) {
    const given = value[key];
    const field = fields.get(key);
    if (field === undefined) {
      if (given !== undefined) context.strictErrors.push(`unknown field "${formatPath(context.path, key)}"`);
      continue;
    }
    if (context.duplicates?.size) nameDuplicate(formatPath(context.path, key), context);
    if (given === null || given === undefined) continue;
    context.path.push(key);
    const decoded = field.decode(given, context);
    context.path.pop();
    if (!field.isEmpty(decoded)) result[key] = decoded;
  }
  return result;
}

/** Go's decoder names duplicate and unknown fields as it comes to them. */
function nameDuplicate(path: string, { duplicates, strictErrors }: DecodeContext): void {
  if (duplicates?.delete(path) === true) strictErrors.push(`duplicate field "${path}"`);
}

const structType = (type: string): GoType => ({ name: qualifiedGoName(type), kind: 'struct' });

const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmptyScalar = (value: unknown): boolean => value === '' || value === 0 || value === false;
const isEmptyArray = (value: unknown): boolean => (value as readonly unknown[]).length === 0;
const isEmptyMap = (value: unknown): boolean => Object.keys(value as PlainObject).length === 0;
const never = (): boolean => false;

/** Go's `omitempty`: it never leaves out a struct. */
function emptinessOf(type: string, field: Field): (decoded: unknown) => boolean {
  if (field.required || keepsEmpty(type, field.name)) return never;
  switch (field.type.kind) {
    case 'array':
      return isEmptyArray;
    case 'map':
      return isEmptyMap;
    case 'object':
      return never;
    case 'scalar':
      return field.type.of === 'intOrString' || field.type.of === 'any' ? never : isEmptyScalar;
  }
}

function compileFields(type: string): Map<string, FieldDecoder> {
  return new Map(
    [...fieldsOf(type).values()].map((field) => [
      field.name,
      {
        decode: compileField(type, field),
        isEmpty: emptinessOf(type, field),
      },
    ]),
  );
}

function compileField(type: string, field: Field): Decoder {
  const struct = goName(type);
  const leaf = isQuantity(type, field.name)
    ? decodeQuantity
    : scalarDecoder(scalarOf(field.type), field.format, struct, stringType(type, field.name));
  return compileType(field.type, leaf, struct, field.format);
}

function scalarOf(type: FieldType): string {
  return type.kind === 'scalar' || type.kind === 'object' ? type.of : scalarOf(type.of);
}

function compileType(type: FieldType, leaf: Decoder, struct: string, format: string): Decoder {
  switch (type.kind) {
    case 'scalar':
      return leaf;
    case 'object':
      return objectDecoder(type.of, struct);
    case 'array':
      return arrayDecoder(compileType(type.of, leaf, struct, format), goTypeName(type, format), struct);
    case 'map':
      return mapDecoder(compileType(type.of, leaf, struct, format), goTypeName(type, format), struct);
  }
}

function objectDecoder(type: string, struct: string): Decoder {
  const decode = decoderOf(type);
  return (value, context) => {
    if (!isPlainObject(value)) throw mismatch(value, structType(type), context, struct);
    return decode(value, context);
  };
}

function arrayDecoder(element: Decoder, goType: string, struct: string): Decoder {
  return (value, context) => {
    if (!Array.isArray(value)) throw mismatch(value, { name: goType, kind: 'slice' }, context, struct);
    return value.map((item: unknown, index) => {
      if (item === null) return zeroOf(goType.slice(2), element);
      context.path.push(index);
      const decoded = element(item, context);
      context.path.pop();
      return decoded;
    });
  };
}

/** What a null in a list or map becomes in Go. */
function zeroOf(goType: string, element: Decoder): unknown {
  if (element === decodeQuantity) return '0';
  if (goType === 'string' || goType === '[]uint8') return '';
  if (goType === 'bool') return false;
  if (goType.startsWith('[]')) return [];
  return /^(u?int|float)/.test(goType) ? 0 : {};
}

function mapDecoder(element: Decoder, goType: string, struct: string): Decoder {
  return (value, context) => {
    if (!isPlainObject(value)) throw mismatch(value, { name: goType, kind: 'map' }, context, struct);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        item === null ? zeroOf(goType.replace(/^map\[string\]/, ''), element) : element(item, context),
      ]),
    );
  };
}

function goTypeName(type: FieldType, format: string): string {
  switch (type.kind) {
    case 'array':
      return `[]${goTypeName(type.of, format)}`;
    case 'map':
      return `map[string]${goTypeName(type.of, format)}`;
    case 'object':
      return qualifiedGoName(type.of);
    case 'scalar':
      return scalarGoName(type.of, format);
  }
}

function scalarGoName(scalar: string, format: string): string {
  if (format === 'byte') return '[]uint8';
  if (scalar === 'number') return format === 'double' ? 'float64' : format === '' ? 'int' : format;
  return scalar === 'boolean' ? 'bool' : scalar;
}

const BOOL: GoType = { name: 'bool', kind: 'bool' };
const BYTES: GoType = { name: '[]uint8', kind: 'slice' };
const DOUBLE: GoType = { name: 'float64', kind: 'float64' };

function scalarDecoder(scalar: string, format: string, struct: string, goType: string): Decoder {
  switch (scalar) {
    case 'string':
      return format === 'byte' ? bytesDecoder(struct) : stringDecoder(struct, goType);
    case 'number':
      return format === 'double' ? floatDecoder(struct) : integerDecoder(struct, format);
    case 'boolean':
      return (value, context) => {
        if (typeof value !== 'boolean') throw mismatch(value, BOOL, context, struct);
        return value;
      };
    case 'time':
      return timeDecoder(format);
    case 'intOrString':
      return decodeIntOrString;
    default:
      return (value) => value;
  }
}

function stringDecoder(struct: string, goType: string): Decoder {
  return (value, context) => {
    if (typeof value !== 'string') throw mismatch(value, { name: goType, kind: 'string' }, context, struct);
    return value;
  };
}

function bytesDecoder(struct: string): Decoder {
  return (value, context) => {
    if (typeof value !== 'string') throw mismatch(value, BYTES, context, struct);
    const wrong = base64ErrorAt(value);
    if (wrong >= 0) {
      const by = context.wording === 'converter' ? 'error decoding from json: ' : '';
      throw new DecodeError(`${by}illegal base64 data at input byte ${wrong}`);
    }
    return value.replaceAll(/[\r\n]/g, '');
  };
}

/** The offset that Go's base64 decoder names, or -1. */
function base64ErrorAt(text: string): number {
  const illegal = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  const firstPadding = text.indexOf('=');
  if (illegal !== null && (firstPadding < 0 || illegal.index < firstPadding)) return illegal.index;
  const compact = text.replaceAll(/[\r\n]/g, '');
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return -1;
  return firstPadding >= 0 ? firstPadding : text.length - (compact.length % 4);
}

const INT_LIMITS: Record<string, readonly [number, number]> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  // Numbers come from JSON.parse: beyond this they are no longer exact.
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function integerDecoder(struct: string, format: string): Decoder {
  const goType = format === '' ? 'int64' : format;
  const wanted: GoType = { name: goType, kind: goType };
  const [least, most] = INT_LIMITS[goType] ?? INT_LIMITS['int64']!;
  return (value, context) => {
    if (typeof value !== 'number') throw mismatch(value, wanted, context, struct);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw mismatch(value, wanted, context, struct, ` ${value}`);
    }
    return value;
  };
}

function floatDecoder(struct: string): Decoder {
  return (value, context) => {
    if (typeof value !== 'number') throw mismatch(value, DOUBLE, context, struct);
    return value;
  };
}

const decodeIntOrString: Decoder = (value) => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') {
    throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`);
  }
  const [least, most] = INT_LIMITS['int32']!;
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new DecodeError(`json: cannot unmarshal number ${value} into Go value of type int32`);
  }
  return value;
};

const decodeQuantity: Decoder = (value) => {
  try {
    return canonicalQuantity(typeof value === 'string' ? value.trim() : JSON.stringify(value));
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
};

const SECONDS_LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

function timeDecoder(format: string): Decoder {
  const micro = format === 'date-time-micro';
  return (value) => {
    if (typeof value !== 'string') {
      throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
    }
    return canonicalTime(value, micro);
  };
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** In UTC; to the second for metav1.Time, to the microsecond for metav1.MicroTime. */
function canonicalTime(text: string, micro: boolean): string {
  const match = TIME.exec(text);
  const layout = micro ? MICRO_LAYOUT : SECONDS_LAYOUT;
  const time = match === null ? Number.NaN : Date.parse(text);
  if (match === null || Number.isNaN(time)) {
    const rest = /^\d{4}-\d\d-\d\dT/.test(text) ? text.slice(11) : text;
    const part = rest === text ? '2006' : '15';
    throw new DecodeError(
      `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`,
    );
  }
  const seconds = new Date(Math.floor(time / 1000) * 1000).toISOString().slice(0, 19);
  return micro ? `${seconds}.${(match[7] ?? '').slice(1).padEnd(6, '0').slice(0, 6)}Z` : `${seconds}Z`;
}

/** `spec.containers[0].imagee`. */
function formatPath(path: readonly (string | number)[], last: string): string {
  let text = '';
  for (const segment of [...path, last]) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}
