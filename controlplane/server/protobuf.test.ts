import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeProtobuf } from '#api/protobuf/decode.ts';
import { encodeProtobuf } from '#api/protobuf/encode.ts';
import { negotiateOutput } from './media-type.ts';
import { type ServerFixture, startFixture } from './server-fixture.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const headers = { accept: PROTOBUF, 'content-type': PROTOBUF };

/** A message cannot tell a zero from an absent field. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== '' && field !== false);
  return Object.fromEntries(entries.map(([key, field]) => [key, withoutZeros(field)]));
}

describe('a client that speaks only protobuf', () => {
  let fixture: ServerFixture;
  beforeAll(async () => {
    fixture = await startFixture();
    const body = encodeProtobuf({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x' },
      data: { k: 'v' },
    });
    const { code } = await fixture.ask('POST', CONFIG_MAPS, { headers, body });
    expect(code).toBe(201);
  });
  afterAll(() => fixture.stop());

  test('reads one object', async () => {
    const answer = await fixture.ask('GET', `${CONFIG_MAPS}/x`, { headers: { accept: PROTOBUF } });
    expect([answer.code, answer.headers['content-type']]).toEqual([200, PROTOBUF]);
    expect(decodeProtobuf(answer.bytes).object).toMatchObject({ metadata: { name: 'x' }, data: { k: 'v' } });
  });

  test('reads lists, whole and of the metadata alone', async () => {
    const whole = await fixture.ask('GET', CONFIG_MAPS, { headers: { accept: PROTOBUF } });
    expect(decodeProtobuf(whole.bytes).object).toMatchObject({
      kind: 'ConfigMapList',
      items: [{ data: { k: 'v' } }],
    });
    const accept = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    const partial = await fixture.ask('GET', CONFIG_MAPS, { headers: { accept } });
    const { kind, object } = decodeProtobuf(partial.bytes);
    expect(kind).toBe('PartialObjectMetadataList');
    expect(object).toMatchObject({ items: [{ metadata: { name: 'x' } }] });
    expect(JSON.stringify(object)).not.toContain('"data"');
  });

  test('hears refusals, of the path and of the object', async () => {
    const answer = await fixture.ask('GET', `${CONFIG_MAPS}/none`, { headers: { accept: PROTOBUF } });
    expect([answer.code, answer.headers['content-type']]).toEqual([404, PROTOBUF]);
    expect(decodeProtobuf(answer.bytes).object).toMatchObject({
      kind: 'Status',
      reason: 'NotFound',
      code: 404,
    });
  });

  test('gets a Table as JSON when it takes that too, else 406', async () => {
    const table = 'as=Table;g=meta.k8s.io;v=v1';
    const both = await fixture.ask('GET', CONFIG_MAPS, {
      headers: { accept: `${PROTOBUF};${table},application/json;${table}` },
    });
    expect(both.body).toMatchObject({ kind: 'Table' });
    const { code } = await fixture.ask('GET', CONFIG_MAPS, { headers: { accept: `${PROTOBUF};${table}` } });
    expect(code).toBe(406);
  });

  test('discovers what there is', async () => {
    const kinds = {
      '/api': 'APIVersions',
      '/apis': 'APIGroupList',
      '/apis/apps': 'APIGroup',
      '/api/v1': 'APIResourceList',
    };
    for (const [path, kind] of Object.entries(kinds)) {
      const { bytes } = await fixture.ask('GET', path, { headers: { accept: PROTOBUF } });
      const { body } = await fixture.ask('GET', path, { headers: { accept: 'application/json' } });
      expect(decodeProtobuf(bytes).kind).toBe(kind);
      expect(withoutZeros(decodeProtobuf(bytes).object)).toEqual(withoutZeros(body));
    }
  });

  test('watches', async () => {
    const path = `${CONFIG_MAPS}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=x`;
    const answer = await fixture.ask('GET', path, { headers: { accept: PROTOBUF } });
    expect(answer.headers['content-type']).toBe(`${PROTOBUF};stream=watch`);
    const length = answer.bytes.readUInt32BE();
    expect(answer.bytes.length).toBe(4 + length);
    const at = answer.bytes.indexOf('k8s\0');
    expect(decodeProtobuf(answer.bytes.subarray(at)).object).toMatchObject({
      kind: 'ConfigMap',
      data: { k: 'v' },
    });
  });
});

describe('custom resources', () => {
  const answers = { transforms: ['PartialObjectMetadata'] as const, hasProtobuf: false };

  test('have no protobuf form of their own, but their metadata has', () => {
    expect(() => negotiateOutput(PROTOBUF, answers)).toThrow('only the following media types are accepted');
    expect(negotiateOutput(`${PROTOBUF}, application/json`, answers).encoding).toBe('json');
    const partial = `${PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
    expect(negotiateOutput(partial, answers).encoding).toBe('protobuf');
  });
});
