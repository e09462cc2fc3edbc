import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { apiVersionOf, RESOURCES } from '../resources.ts';
import { decodeProtobuf } from './decode.ts';
import { encodeProtobuf, encodeWatchEvent, hasProtobuf } from './encode.ts';
import { FIELD_TABLE, type FieldRow } from './field-table.ts';

const back = (object: object): unknown => decodeProtobuf(encodeProtobuf(object)).object;

/** A value of one form, never the zero that a message cannot tell from an absent field. */
const FORMS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.string({ minLength: 1, maxLength: 8 }),
  bool: fc.constant(true),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((n) => n !== 0),
  int64: fc.maxSafeInteger().filter((n) => n !== 0),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => n !== 0),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  quantity: fc.constantFrom('1', '500m', '1Gi', '12e6'),
  time: fc.constantFrom('2026-01-02T03:04:05Z', '1969-12-31T23:59:59Z'),
  microtime: fc.constantFrom('2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05.000000Z'),
  intOrString: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('http', '25%')),
  fieldsV1: fc.constant({ 'f:spec': { '.': {} } }),
  rawExtension: fc.constant({ kind: 'Anything', list: [1, 'a', null] }),
  json: fc.constantFrom<unknown>(null, false, 0, '', [], { a: 1 }),
  strings: fc.array(fc.string({ maxLength: 4 }), { maxLength: 2 }),
  schemaOrBool: fc.constantFrom<unknown>(true, false, { type: 'string' }),
  schemaOrArray: fc.constantFrom<unknown>({ type: 'string' }, [{ type: 'string' }, { type: 'integer' }]),
  schemaOrStrings: fc.constantFrom<unknown>({ type: 'string' }, ['a', 'b']),
};

const MAX_DEPTH = 6;

function valueOf(type: string, depth: number): fc.Arbitrary<unknown> {
  return FORMS[type] ?? objectOf(type, depth + 1);
}

function fieldOf({ shape, type }: FieldRow, depth: number): fc.Arbitrary<unknown> {
  const value = valueOf(type, depth);
  if (shape === 'list') return fc.array(value, { minLength: 1, maxLength: 2 });
  if (shape === 'map') {
    const key = fc.constantFrom('a', 'b.example.com/c', '__proto__');
    return fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 2 }).map(Object.fromEntries);
  }
  return value;
}

const rowsOf = (type: string): FieldRow[] =>
  (FIELD_TABLE.get(type) ?? []).flatMap((row) => (row.inline ? rowsOf(row.type) : [row]));

/** Any object of a type: a few of its fields, those of inlined messages among them. */
function objectOf(type: string, depth = 0): fc.Arbitrary<object> {
  const rows = rowsOf(type);
  const flat = depth < MAX_DEPTH ? rows : rows.filter((row) => FORMS[row.type] !== undefined);
  if (flat.length === 0) return fc.constant({});
  return fc
    .subarray(flat, { maxLength: Math.min(4, flat.length) })
    .chain((chosen) =>
      fc.tuple(...chosen.map((row) => fieldOf(row, depth).map((value) => [row.name, value] as const))),
    )
    .map((entries) => Object.fromEntries(entries));
}

describe('objects in protobuf', () => {
  const kinds = RESOURCES.map((resource) => [apiVersionOf(resource), resource.kind, resource.type] as const);

  test.each(kinds)('%s %s comes back as it was', (apiVersion, kind, type) => {
    fc.assert(
      fc.property(objectOf(type), (fields) => {
        expect(back({ apiVersion, kind, ...fields })).toEqual({ apiVersion, kind, ...fields });
      }),
      { numRuns: 25 },
    );
  });

  test('a list has its metadata and its items, whose kind the list tells', () => {
    const items = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' }, data: { k: 'v' } }];
    const typed = items.map((item) => ({ apiVersion: 'v1', kind: 'ConfigMap', ...item }));
    const list = {
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      metadata: { resourceVersion: '7', remainingItemCount: 0 },
    };
    expect(back({ ...list, items: typed })).toEqual({ ...list, items });
  });

  test('a refusal is a Status', () => {
    const status = {
      apiVersion: 'v1',
      kind: 'Status',
      metadata: {},
      status: 'Failure',
      message: 'pods "x" not found',
      reason: 'NotFound',
      details: { name: 'x', kind: 'pods' },
      code: 404,
    };
    expect(back(status)).toEqual(status);
  });

  test('fields come by their number, map entries by their key', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { b: '2', a: '1' } };
    const body = '0a030a0178 12060a0161120131 12060a0162120132';
    const kind = Buffer.from('ConfigMap').toString('hex');
    expect(encodeProtobuf(object).toString('hex')).toBe(
      `6b387300 0a0f 0a027631 1209${kind} 1215 ${body} 1a00 2200`.replaceAll(' ', ''),
    );
  });

  test('zeros are written, nulls are not', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 0, paused: null } };
    expect(back(deployment)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: expect.objectContaining({ replicas: 0 }) as object,
    });
  });

  test('custom resources and Tables have no form', () => {
    expect(hasProtobuf('example.com/v1', 'Widget')).toBe(false);
    expect(hasProtobuf('meta.k8s.io/v1', 'Table')).toBe(false);
    expect(() => encodeProtobuf({ apiVersion: 'example.com/v1', kind: 'Widget' })).toThrow(
      'no form in protobuf',
    );
  });
});

describe('watch events', () => {
  test('come with their length before them, and hold the whole object', () => {
    const object = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } });
    const frame = encodeWatchEvent('ADDED', object);
    expect(frame.readUInt32BE()).toBe(frame.length - 4);
    const reader = protobuf.Reader.create(frame.subarray(4));
    expect([reader.uint32(), reader.string()]).toEqual([(1 << 3) | 2, 'ADDED']);
    expect(reader.uint32()).toBe((2 << 3) | 2);
    const extension = protobuf.Reader.create(reader.bytes());
    expect(extension.uint32()).toBe((1 << 3) | 2);
    expect(Buffer.from(extension.bytes())).toEqual(object);
  });
});
