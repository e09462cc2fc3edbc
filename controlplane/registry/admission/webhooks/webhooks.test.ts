import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, ResourceName } from '#api/resources.ts';
import { createCa, issue, type KeyPair } from '../../../pki/certificates.ts';
import {
  create,
  podBody,
  target,
  testRegistry,
  workloadBody,
  type TestRegistry,
} from '../../test-registry.ts';

type Request = { uid: string; [field: string]: unknown };
type Answer = (request: Request) => object | undefined;

let ca: KeyPair;
let server: Server;
let url: string;
/** What each path answers; a path without an answer allows. */
let answers: { [path: string]: Answer };
let asked: { path: string; request: Request }[];
let registry: TestRegistry;

beforeAll(async () => {
  ca = await createCa('webhooks', Date.now());
  const pair = await issue(ca, { commonName: 'hook', usage: 'server', hosts: ['127.0.0.1'] }, Date.now());
  server = createServer(pair, (incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => {
      const { request } = JSON.parse(body) as { request: Request };
      const path = incoming.url!.split('?')[0]!;
      asked.push({ path, request });
      const response = { uid: request.uid, allowed: true, ...answers[path]?.(request) };
      outgoing.end(JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(async () => {
  answers = {};
  asked = [];
  registry = await testRegistry();
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const RULE = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

const webhook = (path: string, fields: object = {}): object => ({
  name: `${path.slice(1)}.example.com`,
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  timeoutSeconds: 5,
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  clientConfig: { url: url + path, caBundle: Buffer.from(ca.cert).toString('base64') },
  rules: [RULE],
  ...fields,
});

const configure = (kind: 'mutating' | 'validating', name: string, ...webhooks: object[]) =>
  create(registry, `${kind}webhookconfigurations`, { metadata: { name }, webhooks });

const patch = (...operations: object[]): object => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

const setData = (key: string, value: string): object => patch({ op: 'add', path: `/data/${key}`, value });

const configMap = (name: string, data: object = { a: '1' }): object => ({ metadata: { name }, data });

const problem = async (attempt: Promise<unknown>): Promise<{ code: number; message: string }> =>
  attempt.then(
    () => ({ code: 200, message: 'it was allowed' }),
    ({ code, message }: { code: number; message: string }) => ({ code, message }),
  );

const createConfigMap = (name = 'c', data?: object) => create(registry, 'configmaps', configMap(name, data));

describe('validating webhooks', () => {
  it('get a review of the request', async () => {
    await configure('validating', 'v', webhook('/v'));
    await createConfigMap();
    expect(asked).toHaveLength(1);
    expect(asked[0]!.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'c',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'admin', groups: ['system:masters'] },
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c' }, data: { a: '1' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'test' },
    });
  });

  it('refuse with their own words and code', async () => {
    await configure('validating', 'v', webhook('/v'));
    answers['/v'] = () => ({ allowed: false, status: { message: 'no', code: 422, reason: 'Invalid' } });
    expect(await problem(createConfigMap())).toEqual({
      code: 422,
      message: 'admission webhook "v.example.com" denied the request: no',
    });
    answers['/v'] = () => ({ allowed: false });
    expect(await problem(createConfigMap())).toEqual({
      code: 400,
      message: 'admission webhook "v.example.com" denied the request without explanation',
    });
  });

  it('warn the client', async () => {
    await configure('validating', 'v', webhook('/v'));
    answers['/v'] = () => ({ warnings: ['careful'] });
    await createConfigMap();
    expect(registry.warnings).toContain('careful');
  });

  it('see deletes, one by one of a collection too, and may refuse them', async () => {
    await createConfigMap('one');
    await createConfigMap('two');
    await configure('validating', 'v', webhook('/v', { rules: [{ ...RULE, operations: ['DELETE'] }] }));
    answers['/v'] = ({ name }) => ({ allowed: name !== 'two', status: { message: 'keep it' } });
    const deleting = registry.registry.deleteCollection(
      target('configmaps'),
      {},
      { gracePeriodSeconds: 0 },
      registry.write,
    );
    expect((await problem(deleting)).message).toContain('keep it');
    expect(new Set(asked.map(({ request }) => request['name']))).toEqual(new Set(['one', 'two']));
    expect(asked[0]!.request).toMatchObject({
      object: null,
      oldObject: { kind: 'ConfigMap' },
      options: { kind: 'DeleteOptions', gracePeriodSeconds: 0 },
    });
    expect(registry.store.list('configmaps').map(({ object }) => object.metadata.name)).toEqual(['two']);
  });

  it('may not patch', async () => {
    await configure('validating', 'v', webhook('/v'));
    answers['/v'] = () => setData('b', '2');
    expect(await problem(createConfigMap())).toEqual({
      code: 500,
      message:
        'Internal error occurred: failed calling webhook "v.example.com": received invalid webhook response: validating webhook may not return response.patch',
    });
  });

  it('are passed over when they fail and their policy ignores that', async () => {
    const gone = { clientConfig: { url: 'https://127.0.0.1:1/' } };
    await configure('validating', 'v', webhook('/v', { ...gone, failurePolicy: 'Ignore' }));
    await createConfigMap();
    await configure('validating', 'w', webhook('/w', gone));
    expect(await problem(createConfigMap('d'))).toEqual({
      code: 500,
      message:
        'Internal error occurred: failed calling webhook "w.example.com": failed to call webhook: Post "https://127.0.0.1:1/?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });

  it('with side effects let no dry run through', async () => {
    // One that says so is no longer taken, but may be there from before.
    const old = await configure('validating', 'v', webhook('/v'));
    const webhooks = (old['webhooks'] as object[]).map((one) => ({ ...one, sideEffects: 'Some' }));
    const key = { resource: 'validatingwebhookconfigurations', namespace: '', name: 'v' };
    await registry.store.write(key, () => ({ ...old, webhooks }));
    const write = { ...registry.write, dryRun: true };
    const dry = registry.registry.create(target('configmaps'), configMap('c'), write);
    expect(await problem(dry)).toEqual({
      code: 400,
      message: 'admission webhook "v.example.com" does not support dry run',
    });
  });

  it('see a Scale where a Scale is written', async () => {
    await create(registry, 'deployments', workloadBody('web'));
    const rules = [
      { operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments/scale'] },
    ];
    await configure('validating', 'v', webhook('/v', { rules }));
    const scale = { ...target('deployments', 'web'), subresource: 'scale' as const };
    const body = { spec: { replicas: 3 } };
    await registry.registry.patch(scale, { type: 'merge', body }, registry.write);
    expect(asked[0]!.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      subResource: 'scale',
      object: { kind: 'Scale', spec: { replicas: 3 } },
      oldObject: { kind: 'Scale', spec: { replicas: 1 } },
    });
  });

  it('may refuse connections', async () => {
    const rules = [
      { operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/exec'] },
    ];
    await configure('validating', 'v', webhook('/v', { rules }));
    answers['/v'] = () => ({ allowed: false, status: { message: 'no shells', code: 403 } });
    const options = { kind: 'PodExecOptions', apiVersion: 'v1', command: ['sh'] } as unknown as KubeObject;
    const exec = { ...target('pods', 'p'), subresource: 'exec' as const };
    expect(await problem(registry.registry.connect(exec, options, registry.write))).toEqual({
      code: 403,
      message: 'admission webhook "v.example.com" denied the request: no shells',
    });
    expect(asked[0]!.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      resource: { resource: 'pods' },
      subResource: 'exec',
      operation: 'CONNECT',
      object: options,
      options: null,
    });
  });

  it('cannot keep their own configuration from being changed', async () => {
    const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
    await configure('validating', 'v', webhook('/v', { rules }));
    answers['/v'] = () => ({ allowed: false });
    const { registry: api, write } = registry;
    await api.delete(target('validatingwebhookconfigurations', 'v'), {}, write);
    expect(asked).toEqual([]);
  });
});

const matches = async (fields: object, resource: ResourceName, body: object): Promise<boolean> => {
  await configure('validating', 'v', webhook('/v', fields));
  await create(registry, resource, body);
  return asked.length > 0;
};

describe('the match', () => {
  const labelled = { metadata: { name: 'c', labels: { app: 'web' } } };

  it('follows the labels of the object', async () => {
    const objectSelector = { matchLabels: { app: 'web' } };
    expect(await matches({ objectSelector }, 'configmaps', configMap('plain'))).toBe(false);
    await create(registry, 'configmaps', labelled);
    expect(asked).toHaveLength(1);
  });

  it('follows the labels of the namespace', async () => {
    const other = {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['default'] }],
    };
    expect(await matches({ namespaceSelector: other }, 'configmaps', labelled)).toBe(false);
  });

  it('leaves out subresources and other scopes unless the rules name them', async () => {
    const all = { operations: ['CREATE'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
    expect(await matches({ rules: [{ ...all, scope: 'Cluster' }] }, 'pods', podBody('p'))).toBe(false);
    await create(registry, 'namespaces', { metadata: { name: 'other' } });
    expect(asked.map(({ request }) => request['namespace'])).toEqual(['other']);
  });

  it('takes another version of a kind as the same', async () => {
    const rules = [
      { operations: ['*'], apiGroups: ['events.k8s.io'], apiVersions: ['v1'], resources: ['events'] },
    ];
    const event = {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Seen',
      type: 'Normal',
      message: 'here',
    };
    expect(await matches({ rules }, 'events', event)).toBe(true);
    expect(asked[0]!.request).toMatchObject({
      kind: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
      requestKind: { group: '', version: 'v1', kind: 'Event' },
      object: { apiVersion: 'events.k8s.io/v1', note: 'here', regarding: { kind: 'Pod' } },
    });
    await configure('validating', 'exact', webhook('/exact', { rules, matchPolicy: 'Exact' }));
    await create(registry, 'events', { ...event, metadata: { name: 'f' } });
    expect(asked.map(({ path }) => path)).toEqual(['/v', '/v']);
  });
});

describe('mutating webhooks', () => {
  it('patch in the order of their names, and validating ones see the outcome', async () => {
    await configure('mutating', 'b', webhook('/b'));
    await configure('mutating', 'a', webhook('/a'));
    await configure('validating', 'v', webhook('/v'));
    answers['/a'] = () => setData('a', 'from a');
    answers['/b'] = ({ object }) => setData('b', `after ${(object as { data: { a: string } }).data.a}`);
    const made = await createConfigMap();
    expect(made['data']).toEqual({ a: 'from a', b: 'after from a' });
    expect(asked.map(({ path }) => path)).toEqual(['/a', '/b', '/v']);
    expect(asked[2]!.request).toMatchObject({ object: { data: made['data'] } });
  });

  it('have what they make defaulted and validated', async () => {
    const rules = [{ ...RULE, operations: ['CREATE'], resources: ['pods'] }];
    await configure('mutating', 'a', webhook('/a', { rules }));
    const sidecar = { name: 'side', image: 'side:1' };
    answers['/a'] = () => patch({ op: 'add', path: '/spec/containers/-', value: sidecar });
    const pod = await create(registry, 'pods', podBody('p'));
    expect((pod['spec'] as { containers: object[] }).containers[1]).toMatchObject({
      ...sidecar,
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
    });
    answers['/a'] = () => patch({ op: 'replace', path: '/spec/containers/0/name', value: 'Not Valid' });
    expect((await problem(create(registry, 'pods', podBody('q')))).code).toBe(422);
  });

  it('change updates, patches and statuses', async () => {
    await createConfigMap();
    await configure('mutating', 'a', webhook('/a'));
    answers['/a'] = () => setData('b', '2');
    const { registry: api, write } = registry;
    const body = { data: { c: '3' } };
    const { entry } = await api.patch(target('configmaps', 'c'), { type: 'merge', body }, write);
    expect(entry.object['data']).toEqual({ a: '1', b: '2', c: '3' });
    expect(asked[0]!.request).toMatchObject({ operation: 'UPDATE', oldObject: { data: { a: '1' } } });
  });

  it('are called again after a later change if they ask for it', async () => {
    await configure('mutating', 'a', webhook('/a', { reinvocationPolicy: 'IfNeeded' }));
    await configure('mutating', 'b', webhook('/b'));
    answers['/b'] = () => setData('b', '2');
    await createConfigMap();
    expect(asked.map(({ path }) => path)).toEqual(['/a', '/b', '/a']);
  });

  it('cannot change what is deleted, nor patch what is not there', async () => {
    await createConfigMap();
    await configure('mutating', 'a', webhook('/a'));
    answers['/a'] = () => setData('b', '2');
    const { registry: api, write } = registry;
    expect((await problem(api.delete(target('configmaps', 'c'), {}, write))).message).toBe(
      'Internal error occurred: admission webhook "a.example.com" attempted to modify the object, which is not supported for this operation',
    );
    answers['/a'] = () => patch({ op: 'remove', path: '/spec/none' });
    expect((await problem(createConfigMap('d'))).message).toBe(
      'Internal error occurred: remove operation does not apply: doc is missing path: "/spec/none": missing value',
    );
  });

  it('make the decision anew when the object changes meanwhile', async () => {
    await createConfigMap();
    await configure('mutating', 'a', webhook('/a'));
    answers['/a'] = () => setData('b', '2');
    const { registry: api, write } = registry;
    const change = (data: object) =>
      api.patch(target('configmaps', 'c'), { type: 'merge', body: { data } }, write);
    await Promise.all([change({ x: '1' }), change({ y: '2' }), change({ z: '3' })]);
    const { object } = await api.get(target('configmaps', 'c'));
    expect(object['data']).toEqual({ a: '1', b: '2', x: '1', y: '2', z: '3' });
  });
});
