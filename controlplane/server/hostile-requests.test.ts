import { type ClientHttp2Session, connect } from 'node:http2';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESOURCES } from '#api/resources.ts';
import { type ServerFixture, startFixture } from './server-fixture.ts';

let fixture: ServerFixture;
let session: ClientHttp2Session;

beforeAll(async () => {
  fixture = await startFixture();
  session = connect(`https://127.0.0.1:${fixture.server.port}`, { ca: fixture.ca, ...fixture.admin });
  await ask('POST', `${NAMESPACE}/configmaps`, { metadata: { name: 'c' }, data: { a: 'b' } });
  await ask('POST', `${NAMESPACE}/pods`, POD);
});
afterAll(async () => {
  session.destroy();
  await fixture.stop();
});

const NAMESPACE = '/api/v1/namespaces/default';
const POD = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };

interface Given {
  readonly code: number;
  readonly text: string;
}

/** One request over the shared connection; a watch is left after its first bytes. */
function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Given> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    let code = 0;
    let text = '';
    stream.on('response', (given) => {
      code = given[':status'] ?? 0;
    });
    stream.setTimeout(5000, () => reject(new Error(`${method} ${path} hangs`)));
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    stream.once('error', reject);
    stream.once('close', () => resolve({ code, text }));
    stream.end(
      body === undefined || Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body),
    );
  });
}

/** What Kubernetes answers with a 500 though it is the client's fault: a configuration that is not of its kind's shape. */
const MISSHAPEN = '"message":"failed to create typed patch object';

/** Every answer is a success, or says in a Status (or as text, outside of the API's resources) what the client did wrong. */
function expectCivil({ code, text }: Given, what: string): void {
  expect(code, `${what}: ${text}`).toBeGreaterThanOrEqual(200);
  if (!text.includes(MISSHAPEN)) expect(code, `${what}: ${text}`).toBeLessThan(500);
  if (code >= 400 && text.startsWith('{'))
    expect(JSON.parse(text), what).toMatchObject({ kind: 'Status', code });
}

const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW');
const words = [
  'api',
  'apis',
  'v1',
  'apps',
  'namespaces',
  'default',
  'pods',
  'p',
  'configmaps',
  'c',
  'status',
  'log',
  'exec',
  'scale',
  'watch',
  'proxy',
  'openapi',
  'v3',
  'healthz',
  '..',
  '.',
  '%2e%2e',
  '%2F',
  '%00',
  '%ff',
  '%',
  'a%20b',
  '__proto__',
  'constructor',
  '*',
  '~',
  'x'.repeat(300),
  ...RESOURCES.map(({ name }) => name),
];
const segment = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...words) }, fc.webSegment());
const path = fc.oneof(
  fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
  fc.constantFrom(...RESOURCES).chain(({ group, version, name, namespaced }) =>
    fc.array(segment, { maxLength: 3 }).map((rest) => {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      return [root, ...(namespaced ? ['namespaces/default'] : []), name, ...rest].join('/');
    }),
  ),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    '',
    'true',
    '0',
    '-1',
    '9'.repeat(30),
    'a=b',
    'a in (b',
    '!a',
    'a,b,,',
    '=',
    'metadata.name=',
    'spec.nodeName!=x',
    '__proto__=x',
    'All',
    'Strict',
  ),
);
/** resourceVersions have 500 and 504 as right answers. */
const query = fc
  .dictionary(
    fc.constantFrom(
      'labelSelector',
      'fieldSelector',
      'limit',
      'continue',
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
      'pretty',
      'gracePeriodSeconds',
      'propagationPolicy',
      'includeObject',
      'sendInitialEvents',
      'resourceVersionMatch',
      'allowWatchBookmarks',
      'timeout',
      '__proto__',
      'verbose',
      'exclude',
    ),
    text,
    { maxKeys: 4 },
  )
  .map((parameters) => new URLSearchParams({ ...parameters, timeoutSeconds: '-1' }).toString());
const header = fc.record(
  {
    accept: fc.constantFrom(
      '*/*',
      'application/json',
      'application/yaml',
      'text/html',
      ';;,',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      'application/vnd.kubernetes.protobuf',
    ),
    'content-type': fc.constantFrom(
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
      'x',
    ),
    'accept-encoding': fc.constantFrom('gzip', 'br', '*'),
    'user-agent': fc.constantFrom('', '/', 'kubectl/v1'),
    'impersonate-user': fc.constantFrom('jane', ''),
  },
  { requiredKeys: [] },
);
const value = fc.jsonValue({ maxDepth: 4 });

/** A valid object with one of its parts replaced by anything. */
function mutated(object: unknown): fc.Arbitrary<unknown> {
  if (typeof object !== 'object' || object === null) return value;
  const keys = Object.keys(object);
  if (keys.length === 0) return value;
  return fc.oneof(
    { weight: 1, arbitrary: value },
    {
      weight: 4,
      arbitrary: fc
        .constantFrom(...keys)
        .chain((key) =>
          mutated((object as Record<string, unknown>)[key]).map((changed) =>
            Array.isArray(object)
              ? object.map((one: unknown, index) => (String(index) === key ? changed : one))
              : { ...object, [key]: changed },
          ),
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('metadata', 'spec', 'status', 'data', 'rules', '__proto__', 'x'), value)
        .map(([key, added]) => ({ ...object, [key]: added })),
    },
  );
}

const LABELS = { app: 'a' };
const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'E', value: 'v' }],
        resources: { limits: { cpu: '1' } },
      },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
};
const OBJECTS: readonly (readonly [path: string, object: object])[] = [
  [`${NAMESPACE}/pods`, { metadata: { name: 'q' }, spec: TEMPLATE.spec }],
  [
    `${NAMESPACE}/services`,
    {
      metadata: { name: 's' },
      spec: {
        type: 'NodePort',
        selector: LABELS,
        ports: [{ port: 80, targetPort: 'http', nodePort: 30080 }],
      },
    },
  ],
  [
    `${NAMESPACE}/configmaps`,
    {
      metadata: {
        name: 'd',
        labels: LABELS,
        annotations: LABELS,
        finalizers: ['a.b/c'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
      },
      data: { a: 'b' },
      binaryData: { c: 'AA==' },
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      metadata: { name: 'd' },
      spec: {
        replicas: 1,
        selector: { matchLabels: LABELS },
        strategy: { rollingUpdate: { maxSurge: '10%' } },
        template: TEMPLATE,
      },
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/statefulsets',
    {
      metadata: { name: 'd' },
      spec: {
        serviceName: 's',
        selector: { matchLabels: LABELS },
        template: TEMPLATE,
        volumeClaimTemplates: [
          {
            metadata: { name: 'v' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
  ],
  [
    '/apis/batch/v1/namespaces/default/cronjobs',
    {
      metadata: { name: 'd' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } } } },
      },
    },
  ],
  [
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    {
      metadata: { name: 'd' },
      spec: {
        rules: [
          {
            host: 'a.b',
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    },
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    { metadata: { name: 'r' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  ],
  [
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    {
      metadata: { name: 'h' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: 'Deployment', name: 'd' },
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
      },
    },
  ],
  [
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    {
      metadata: { name: 'as.b.c' },
      spec: {
        group: 'b.c',
        scope: 'Namespaced',
        names: { plural: 'as', kind: 'A' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', 'x-kubernetes-validations': [{ rule: 'true' }] } },
              },
            },
          },
        ],
      },
    },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    {
      metadata: { name: 'v' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }],
        },
        validations: [{ expression: 'object.x > 1 && [1].all(x, x > 0)' }],
      },
    },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies',
    {
      metadata: { name: 'm' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['x'] }],
        },
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
        reinvocationPolicy: 'Never',
      },
    },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
    {
      metadata: { name: 'b' },
      spec: {
        policyName: 'none',
        validationActions: ['Deny'],
        paramRef: { name: 'n', parameterNotFoundAction: 'Deny' },
      },
    },
  ],
  [
    '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
    {
      metadata: { name: 'f' },
      spec: {
        priorityLevelConfiguration: { name: 'p' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'u' } }],
            resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] }],
            nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
          },
        ],
      },
    },
  ],
  [
    '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
    {
      metadata: { name: 'l' },
      spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 64 } } } },
    },
  ],
  [
    '/apis/storage.k8s.io/v1/csidrivers',
    { metadata: { name: 'd' }, spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 600 }] } },
  ],
  [
    '/apis/storage.k8s.io/v1/csinodes',
    { metadata: { name: 'n' }, spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: ['k'] }] } },
  ],
  [
    '/apis/storage.k8s.io/v1/namespaces/default/csistoragecapacities',
    { metadata: { name: 'c' }, storageClassName: 's', nodeTopology: {}, capacity: '1Gi' },
  ],
  [
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    { spec: { user: 'a', groups: ['b'], resourceAttributes: { verb: 'get', resource: 'pods' } } },
  ],
  [
    `${NAMESPACE}/limitranges`,
    {
      metadata: { name: 'l' },
      spec: {
        limits: [
          {
            type: 'Container',
            max: { cpu: '2' },
            min: { cpu: '1' },
            default: { cpu: '1' },
            maxLimitRequestRatio: { cpu: '2' },
          },
        ],
      },
    },
  ],
  [
    `${NAMESPACE}/resourcequotas`,
    {
      metadata: { name: 'q' },
      spec: {
        hard: { pods: '1' },
        scopes: ['Terminating'],
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['a'] }],
        },
      },
    },
  ],
  [
    `${NAMESPACE}/persistentvolumeclaims`,
    {
      metadata: { name: 'c' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        dataSource: { kind: 'PersistentVolumeClaim', name: 'd' },
      },
    },
  ],
  [
    '/api/v1/persistentvolumes',
    {
      metadata: { name: 'v' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        hostPath: { path: '/a' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
          },
        },
      },
    },
  ],
  [
    `${NAMESPACE}/replicationcontrollers`,
    { metadata: { name: 'r' }, spec: { selector: LABELS, template: TEMPLATE } },
  ],
  [
    '/apis/apps/v1/namespaces/default/daemonsets',
    {
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: LABELS },
        template: TEMPLATE,
        updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } },
      },
    },
  ],
  [
    '/apis/batch/v1/namespaces/default/jobs',
    {
      metadata: { name: 'j' },
      spec: {
        completions: 2,
        completionMode: 'Indexed',
        backoffLimitPerIndex: 1,
        podFailurePolicy: {
          rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1], containerName: 'c' } }],
        },
        successPolicy: { rules: [{ succeededCount: 1 }] },
        template: { spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } },
      },
    },
  ],
  [
    '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
    {
      metadata: {
        name: 'h',
        annotations: {
          'autoscaling.alpha.kubernetes.io/metrics': '[{"type":"Pods","pods":{"metricName":"x"}}]',
          'autoscaling.alpha.kubernetes.io/behavior': '{"ScaleUp":{"Policies":null}}',
        },
      },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
    },
  ],
  [
    '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
    { metadata: { name: 'p' }, spec: { minAvailable: '10%', selector: { matchLabels: LABELS } } },
  ],
];

const YAML_CHARACTERS = Array.from('{}[]":,\\&*!|>-?#%@ \n\ta0<~');
const RUNS = { numRuns: 150 };

describe('requests of any shape', () => {
  it('are answered, whatever path, query and headers they have', async () => {
    const request = fc.tuple(method, path, query, header, fc.option(value, { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(request, async ([verb, where, parameters, headers, body]) => {
        const hasBody = body !== undefined && !['GET', 'HEAD', 'DELETE'].includes(verb);
        const url = `${where}?${parameters}`;
        // A proxy's target is not there to answer.
        fc.pre(!/\/proxy(\/|$)/.test(where));
        expectCivil(await ask(verb, url, hasBody ? body : undefined, headers), `${verb} ${url}`);
      }),
      RUNS,
    );
  });

  it('are answered, whatever an object holds', async () => {
    const request = fc
      .constantFrom(...OBJECTS)
      .chain(([where, object]) => fc.tuple(fc.constant(where), mutated(object)));
    await fc.assert(
      fc.asyncProperty(request, async ([where, object]) => {
        const what = `POST ${where} ${JSON.stringify(object)}`;
        expectCivil(await ask('POST', `${where}?dryRun=All`, object), what);
      }),
      { numRuns: 250 },
    );
  });

  it('are answered, whatever a patch does', async () => {
    const pointer = fc
      .array(
        fc.constantFrom(
          'metadata',
          'labels',
          'data',
          'a',
          '-',
          '0',
          '1e3',
          '~',
          '~2',
          'spec',
          'containers',
          '__proto__',
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.map((part) => `/${part}`).join(''));
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
        path: pointer,
        from: pointer,
        value,
      },
      { requiredKeys: ['op'] },
    );
    const types = [
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
    ];
    const directives = fc.record(
      {
        $patch: fc.constantFrom('delete', 'replace', 'x'),
        $retainKeys: value,
        '$deleteFromPrimitiveList/a': value,
        '$setElementOrder/containers': value,
        containers: value,
        data: value,
      },
      { requiredKeys: [] },
    );
    const patch = fc.oneof(
      fc.tuple(
        fc.constant('application/json-patch+json'),
        fc.oneof(fc.array(operation, { maxLength: 5 }), value),
      ),
      fc.tuple(
        fc.constantFrom(...types),
        fc.oneof(
          value,
          mutated({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }),
          directives,
          fc.record({ spec: directives, metadata: directives }),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('configmaps/c', 'pods/p', 'pods/p/status'),
        patch,
        async (where, [type, body]) => {
          const url = `${NAMESPACE}/${where}?dryRun=All&fieldManager=m`;
          const answer = await ask('PATCH', url, body, { 'content-type': type });
          expectCivil(answer, `PATCH ${url} ${type} ${JSON.stringify(body)}`);
        },
      ),
      { numRuns: 250 },
    );
  });

  it('are answered, whatever bytes they hold', async () => {
    const type = fc.constantFrom(
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((all) => Buffer.from(all)),
      fc.uint8Array({ maxLength: 60 }).map((all) => Buffer.concat([Buffer.from('k8s\0'), all])),
      fc.string({ unit: fc.constantFrom(...YAML_CHARACTERS), maxLength: 40 }).map((all) => Buffer.from(all)),
    );
    await fc.assert(
      fc.asyncProperty(type, bytes, async (contentType, body) => {
        const answer = await ask('POST', `${NAMESPACE}/configmaps?dryRun=All`, body, {
          'content-type': contentType,
        });
        expectCivil(answer, `${contentType} ${body.toString('base64')}`);
      }),
      { numRuns: 250 },
    );
  });
});
