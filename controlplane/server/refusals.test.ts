import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerFixture, startFixture } from './server-fixture.ts';

let fixture: ServerFixture;

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
};
const PODS = '/api/v1/namespaces/default/pods';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.ask('POST', PODS, { body: POD });
  await fixture.ask('POST', CONFIG_MAPS, { body: { kind: 'ConfigMap', metadata: { name: 'one' } } });
});
afterAll(() => fixture.stop());

/** What Kubernetes 1.36 answered. */
interface Case {
  readonly request: readonly [method: string, path: string, body?: unknown];
  readonly headers?: Record<string, string>;
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: object;
}

const listOptions = (reason: string, message: string): object => ({
  group: 'meta.k8s.io',
  kind: 'ListOptions',
  causes: [{ reason, message, field: 'resourceVersionMatch' }],
});

const CASES: readonly Case[] = [
  {
    request: ['GET', `${PODS}/none`],
    code: 404,
    reason: 'NotFound',
    message: 'pods "none" not found',
    details: { name: 'none', kind: 'pods' },
  },
  {
    request: ['GET', '/api/v1/nothing'],
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  },
  {
    request: ['DELETE', `${PODS}/none`],
    code: 404,
    reason: 'NotFound',
    message: 'pods "none" not found',
    details: { name: 'none', kind: 'pods' },
  },
  {
    request: ['POST', PODS, '{'],
    code: 400,
    reason: 'BadRequest',
    message:
      "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input ({)",
  },
  {
    request: ['POST', PODS, '[]'],
    code: 400,
    reason: 'BadRequest',
    message:
      'the object provided is unrecognized (must be of type Pod): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
  },
  {
    request: ['POST', PODS, POD],
    headers: { 'content-type': 'application/cbor' },
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    request: ['GET', PODS],
    headers: { accept: 'text/html' },
    code: 406,
    reason: 'NotAcceptable',
    message:
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    details: {},
  },
  {
    request: ['GET', PODS],
    headers: { accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' },
    code: 406,
    reason: 'NotAcceptable',
    message:
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    request: ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: {} }],
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    code: 406,
    reason: 'NotAcceptable',
    message:
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    request: ['POST', `${PODS}?dryRun=Some`, POD],
    code: 422,
    reason: 'Invalid',
    message:
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  },
  {
    request: ['POST', `${PODS}?fieldValidation=Loud`, POD],
    code: 422,
    reason: 'Invalid',
    message:
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loud": supported values: "", "Ignore", "Strict", "Warn"',
  },
  {
    request: ['PATCH', `${CONFIG_MAPS}/one`, { data: { a: 'c' } }],
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  },
  {
    request: ['PATCH', `${CONFIG_MAPS}/one`, []],
    headers: { 'content-type': 'application/merge-patch+json' },
    code: 400,
    reason: 'BadRequest',
    message:
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
  },
  {
    request: ['PATCH', `${CONFIG_MAPS}/one`, { a: 1 }],
    headers: { 'content-type': 'application/json-patch+json' },
    code: 400,
    reason: 'BadRequest',
    message:
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  },
  {
    request: ['PATCH', `${CONFIG_MAPS}/one`, 'apiVersion: v1\nkind: ConfigMap\ndata: {a: z}\n'],
    headers: { 'content-type': 'application/apply-patch+yaml' },
    code: 422,
    reason: 'Invalid',
    message:
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  },
  {
    request: ['PATCH', `${CONFIG_MAPS}/one?force=true`, { data: {} }],
    headers: { 'content-type': 'application/merge-patch+json' },
    code: 422,
    reason: 'Invalid',
    message:
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  },
  {
    request: ['GET', `${CONFIG_MAPS}?resourceVersionMatch=Exact`],
    code: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    details: listOptions(
      'FieldValueForbidden',
      'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ),
  },
  {
    request: ['GET', `${CONFIG_MAPS}?resourceVersion=5&resourceVersionMatch=Near`],
    code: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""',
    details: listOptions(
      'FieldValueNotSupported',
      'Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""',
    ),
  },
  {
    request: ['GET', `${CONFIG_MAPS}?watch=1&sendInitialEvents=true&timeoutSeconds=1`],
    code: 422,
    reason: 'Invalid',
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    details: listOptions(
      'FieldValueForbidden',
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ),
  },
  {
    request: [
      'DELETE',
      `${CONFIG_MAPS}/one`,
      { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Sideways' },
    ],
    code: 422,
    reason: 'Invalid',
    message:
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
  },
  {
    request: [
      'DELETE',
      `${CONFIG_MAPS}/one`,
      { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Orphan', orphanDependents: true },
    ],
    code: 422,
    reason: 'Invalid',
    message:
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
  },
  {
    request: ['DELETE', `${CONFIG_MAPS}/one`, '{'],
    code: 400,
    reason: 'BadRequest',
    message: "couldn't get version/kind; json parse error: unexpected end of JSON input",
  },
  {
    request: ['DELETE', `${CONFIG_MAPS}/one?gracePeriodSeconds=x`],
    code: 400,
    reason: 'BadRequest',
    message: 'strconv.ParseInt: parsing "x": invalid syntax',
  },
  {
    request: ['POST', `${PODS}/p/exec?command=ls`],
    code: 400,
    reason: 'BadRequest',
    message: 'pod p does not have a host assigned',
  },
  ...(
    [
      ['POST', `${PODS}/p/status`, POD],
      ['PUT', PODS, POD],
      ['PATCH', PODS, {}],
      ['POST', '/apis/apps/v1/deployments', {}],
    ] as const
  ).map((request) => ({
    request,
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })),
];

describe('what Kubernetes refuses is refused with its words', () => {
  it.each(CASES.map((given) => [given.request.slice(0, 2).join(' '), given.message, given] as const))(
    '%s: %s',
    async (
      _request,
      _message,
      { request: [method, path, body], headers = {}, code, reason, message, details },
    ) => {
      const answer = await fixture.ask(method, path, { body, headers });
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.body).toMatchObject({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message,
        reason,
        code,
      });
      expect(answer.code).toBe(code);
      if (details !== undefined) expect(answer.body['details']).toEqual(details);
    },
  );
});

describe('what Kubernetes answers and does not refuse', () => {
  it('is a plain 404 for an API group that is not served', async () => {
    const answer = await fixture.ask('GET', '/apis/none/v1/x');
    expect(answer.code).toBe(404);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text).toBe('404 page not found\n');
  });

  it('is an empty list in a namespace that does not exist', async () => {
    const answer = await fixture.ask('GET', '/api/v1/namespaces/none/pods');
    expect(answer.body).toMatchObject({ kind: 'PodList', items: [] });
  });

  it('is 204 for the log of a Pod without a node', async () => {
    const answer = await fixture.ask('GET', `${PODS}/p/log`);
    expect([answer.code, answer.text]).toEqual([204, '']);
  });

  it('is a watch for watch=maybe, and all items for limit=-1', async () => {
    const watch = await fixture.ask('GET', `${CONFIG_MAPS}?watch=maybe&timeoutSeconds=1`);
    expect(watch.text).toMatch(/^\{"type":"ADDED"/);
    const list = await fixture.ask('GET', `${CONFIG_MAPS}?limit=-1`);
    expect(list.body['items']).toHaveLength(1);
  });

  it('carries a warning that Endpoints are deprecated', async () => {
    const answer = await fixture.ask('GET', '/api/v1/endpoints');
    expect(answer.headers['warning']).toBe(
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    );
  });
});
