import { connect } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Answer, type ServerFixture, startFixture } from './server-fixture.ts';

let fixture: ServerFixture;

beforeAll(async () => {
  fixture = await startFixture();
  for (const name of ['crud', 'yaml', 'big', 'watched', 'table']) {
    await fixture.ask('POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  }
});
afterAll(() => fixture.stop());

const configMap = (name: string, data: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

const unknown = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x\u00fc${index}`, 1]));

const createWithUnknown = (name: string, count: number): Promise<Answer> =>
  fixture.ask('POST', '/api/v1/namespaces/default/configmaps', {
    body: { ...configMap(name), ...unknown(count) },
  });

describe('the API server', () => {
  it('creates, reads, lists and deletes an object', async () => {
    const path = '/api/v1/namespaces/crud/configmaps';
    const created = await fixture.ask('POST', path, { body: configMap('one', { a: 'b' }) });
    expect(created.code).toBe(201);
    const read = await fixture.ask('GET', `${path}/one`);
    expect(read.body).toMatchObject({ kind: 'ConfigMap', data: { a: 'b' } });
    const listed = await fixture.ask('GET', path);
    expect(listed.body).toMatchObject({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      items: [{ data: { a: 'b' } }],
    });
    const deleted = await fixture.ask('DELETE', `${path}/one`);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'one', kind: 'configmaps' },
    });
    expect((await fixture.ask('GET', `${path}/one`)).code).toBe(404);
  });

  it('answers with YAML when that is asked for', async () => {
    await fixture.ask('POST', '/api/v1/namespaces/yaml/configmaps', {
      headers: { 'content-type': 'application/yaml' },
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: 2026-01-01}\n',
    });
    const read = await fixture.ask('GET', '/api/v1/namespaces/yaml/configmaps/one', {
      headers: { accept: 'application/yaml' },
    });
    expect(read.headers['content-type']).toBe('application/yaml');
    expect(parse(read.text)).toMatchObject({ data: { a: '2026-01-01' } });
  });

  it('compresses large answers for clients that take that', async () => {
    const big = 'x'.repeat(200_000);
    await fixture.ask('POST', '/api/v1/namespaces/big/configmaps', { body: configMap('big', { big }) });
    const plain = await fixture.ask('GET', '/api/v1/namespaces/big/configmaps');
    expect(plain.headers['content-encoding']).toBeUndefined();
    const packed = await fixture.ask('GET', '/api/v1/namespaces/big/configmaps', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.bytes).toString()).toBe(plain.text);
  });

  it('refuses a body of more than 3 MiB', async () => {
    const answer = await fixture.ask('POST', '/api/v1/namespaces/big/configmaps', {
      body: configMap('huge', { big: 'x'.repeat(4 * 1024 * 1024) }),
    });
    expect(answer.code).toBe(413);
    expect(answer.body).toMatchObject({
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  it('answers 401 without a client certificate, except for health and version', async () => {
    const refused = await fixture.ask('GET', '/api/v1/pods', { anonymous: true });
    expect(refused.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    });
    for (const path of ['/healthz', '/livez', '/readyz', '/version']) {
      expect((await fixture.ask('GET', path, { anonymous: true })).code).toBe(200);
    }
  });

  it('turns an unexpected error into a 500 Status', async () => {
    await fixture.ask('POST', '/api/v1/namespaces/default/pods', {
      body: {
        metadata: { name: 'placed' },
        spec: { nodeName: 'node1', containers: [{ name: 'c', image: 'nginx' }] },
      },
    });
    const answer = await fixture.ask('GET', '/api/v1/namespaces/default/pods/placed/log');
    expect(answer.code).toBe(500);
    expect(answer.body).toMatchObject({
      kind: 'Status',
      reason: 'InternalError',
      message: 'Internal error occurred: no node is connected',
    });
  });

  it('warns of unknown fields, in headers that stay small', async () => {
    const few = await createWithUnknown('few', 1);
    expect(Buffer.from(String(few.headers['warning']), 'latin1').toString()).toBe(
      String.raw`299 - "unknown field \"xü0\""`,
    );
    const many = await createWithUnknown('many', 5000);
    expect(many.code).toBe(201);
    expect(String(many.headers['warning']).length).toBeLessThan(8192);
  });

  it('takes bodies in protobuf, as kubectl sends them from 1.32 on', async () => {
    // runtime.Unknown{TypeMeta{v1, Namespace}, Namespace{ObjectMeta{name: proto}}}
    const metadata = Buffer.from('\n\u0007\n\u0005proto');
    const typeMeta = Buffer.from('\n\u000f\n\u0002v1\u0012\tNamespace');
    const body = Buffer.concat([
      Buffer.from('k8s\0'),
      typeMeta,
      Buffer.from([0x12, metadata.length]),
      metadata,
    ]);
    const answer = await fixture.ask('POST', '/api/v1/namespaces', {
      headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
      body,
    });
    expect(answer.code).toBe(201);
    expect(answer.body).toMatchObject({ kind: 'Namespace', metadata: { name: 'proto' } });
    const refused = await fixture.ask('DELETE', '/api/v1/namespaces/proto', {
      headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
      body: 'no protobuf',
    });
    expect(refused.code).toBe(400);
  });

  it('refuses a body that is no YAML', async () => {
    const answer = await fixture.ask('POST', '/api/v1/namespaces/default/configmaps', {
      headers: { 'content-type': 'application/yaml' },
      body: 'a: b: c',
    });
    expect(answer.code).toBe(400);
    expect(answer.body['message']).toMatch(/json parse error: yaml: line 1: /);
  });

  it('serves HTTP/1.1 as well', async () => {
    const code = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = fixture.server;
      httpsRequest(
        { host: '127.0.0.1', port, path: '/api/v1/pods', ca: fixture.ca, ...fixture.admin },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .once('error', reject)
        .end();
    });
    expect(code).toBe(200);
  });

  it('answers an upgrade that it does not know with 404', async () => {
    const { code, text } = await upgrade('/api/v1/namespaces/x/pods/p');
    expect(code).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'NotFound' });
  });

  it('answers exec into a Pod that does not exist with 404, also when it upgrades', async () => {
    const { text } = await upgrade('/api/v1/namespaces/x/pods/p/exec?command=ls');
    expect(JSON.parse(text)).toMatchObject({ message: 'pods "p" not found' });
    const answer = await fixture.ask('POST', '/api/v1/namespaces/x/pods/p/exec?command=ls');
    expect(answer.body).toMatchObject({ message: 'pods "p" not found' });
  });
});

function upgrade(path: string): Promise<{ code: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const { port } = fixture.server;
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    httpsRequest({ host: '127.0.0.1', port, path, headers, ca: fixture.ca, ...fixture.admin }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.once('end', () => resolve({ code: response.statusCode, text }));
    })
      .once('error', reject)
      .end();
  });
}

describe('a watch', () => {
  it('sends what exists, then each change, as one JSON document a line', async () => {
    const path = '/api/v1/namespaces/watched/configmaps';
    await fixture.ask('POST', path, { body: configMap('one') });
    const watch = openWatch(`${path}?watch=true`);
    await watch.next('one');
    await fixture.ask('POST', path, { body: configMap('two') });
    await watch.next('two');
    await fixture.ask('DELETE', `${path}/one`);
    await watch.next('DELETED');
    watch.stop();
    const events = watch.events();
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'ADDED one',
      'ADDED two',
      'DELETED one',
    ]);
  });

  it('as a table carries the columns in its first event only', async () => {
    const path = '/api/v1/namespaces/table/configmaps';
    await fixture.ask('POST', path, { body: configMap('one') });
    await fixture.ask('POST', path, { body: configMap('two') });
    const watch = openWatch(`${path}?watch=true`, 'application/json;as=Table;v=v1;g=meta.k8s.io');
    await watch.next('two');
    watch.stop();
    const tables = watch.events().map(({ object }) => object);
    expect(tables.map(({ columnDefinitions }) => columnDefinitions === null)).toEqual([false, true]);
    expect(tables.map(({ rows }) => rows?.[0]?.cells[0])).toEqual(['one', 'two']);
  });

  it('ends after timeoutSeconds', async () => {
    const answer = await fixture.ask('GET', '/api/v1/namespaces/none/configmaps?watch=1&timeoutSeconds=1');
    expect(answer.code).toBe(200);
    expect(answer.text).toBe('');
  });
});

interface Frame {
  type: string;
  object: {
    metadata: { name: string };
    columnDefinitions?: unknown;
    rows?: { cells: unknown[] }[];
  };
}

function openWatch(
  path: string,
  accept = '*/*',
): { next(text: string): Promise<void>; events(): Frame[]; stop(): void } {
  const session = connect(`https://127.0.0.1:${fixture.server.port}`, { ca: fixture.ca, ...fixture.admin });
  const stream = session.request({ ':path': path, accept });
  let text = '';
  let wake: (() => void) | undefined;
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    wake?.();
  });
  stream.on('error', () => {});
  return {
    async next(expected) {
      while (!text.includes(expected)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    events: () =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Frame),
    stop: () => session.destroy(),
  };
}
