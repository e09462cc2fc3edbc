import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { RESOURCES } from '../resources.ts';
import { type FieldType, fieldsOf, isType } from '../schema.ts';
import { StatusError } from '../status.ts';
import { decodeProtobuf } from './decode.ts';
import { FIELD_TABLE } from './field-table.ts';

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

/** What kubectl 1.33 sent. */
const SENT = {
  'create namespace course': 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEh4KFgoGY291cnNlEgAaACIAKgAyADgAQgASABoCCgAaACIA',
  'create deployment web --image=nginx:1.14 --replicas=3 --port=80':
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50Er0BCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEosBCAMSDAoKCgNhcHASA3dlYhpxChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViElESMwoFbmdpbngSCm5naW54OjEuMTQqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==',
  'create deployment zero --image=nginx --replicas=0':
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50Eq8BCiEKBHplcm8SABoAIgAqADIAOABCAFoLCgNhcHASBHplcm8SfAgAEg0KCwoDYXBwEgR6ZXJvGmEKHQoAEgAaACIAKgAyADgAQgBaCwoDYXBwEgR6ZXJvEkASIgoFbmdpbngSBW5naW54KgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
  'create secret generic sec --from-literal=p=s3cret':
    'azhzAAoMCgJ2MRIGU2VjcmV0EiQKEwoDc2VjEgAaACIAKgAyADgAQgASCwoBcBIGczNjcmV0GgAaACIA',
  'create service nodeport np --tcp=80:http --node-port=30080':
    'azhzAAoNCgJ2MRIHU2VydmljZRJqCh0KAm5wEgAaACIAKgAyADgAQgBaCQoDYXBwEgJucBJFCiAKBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKIDrARIJCgNhcHASAm5wGgAiCE5vZGVQb3J0OgBCAFIAWgBgAGgAGgIKABoAIgA=',
} as const;
const sent = (command: keyof typeof SENT): unknown => decodeProtobuf(bytesOf(SENT[command])).object;

describe('what kubectl sends', () => {
  test('a namespace', () => {
    expect(sent('create namespace course')).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'course' },
      spec: {},
      status: {},
    });
  });

  test('a deployment, without the zeros that Go writes for absent fields', () => {
    expect(sent('create deployment web --image=nginx:1.14 --replicas=3 --port=80')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              { name: 'nginx', image: 'nginx:1.14', ports: [{ containerPort: 80 }], resources: {} },
            ],
          },
        },
        strategy: {},
      },
      status: {},
    });
  });

  test('a zero that is meant: no replicas', () => {
    const command = 'create deployment zero --image=nginx --replicas=0';
    expect(sent(command)).toMatchObject({ spec: { replicas: 0 } });
  });

  test('bytes as base64, and a port by its name', () => {
    expect(sent('create secret generic sec --from-literal=p=s3cret')).toMatchObject({
      data: { p: 'czNjcmV0' },
    });
    expect(sent('create service nodeport np --tcp=80:http --node-port=30080')).toMatchObject({
      spec: {
        ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30080 }],
        selector: { app: 'np' },
        type: 'NodePort',
      },
    });
  });
});

type WireField = readonly [number, number | string | Uint8Array];

/** Field after field: varints are numbers, everything else is bytes with a length. */
function message(...fields: readonly WireField[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.uint32(number << 3).int64(value);
    else if (typeof value === 'string') writer.uint32((number << 3) | 2).string(value);
    else writer.uint32((number << 3) | 2).bytes(value);
  }
  return writer.finish();
}

const body = (apiVersion: string, kind: string, raw: Uint8Array): Uint8Array =>
  Buffer.concat([bytesOf('azhzAA=='), message([1, message([1, apiVersion], [2, kind])], [2, raw])]);
const objectOf = (apiVersion: string, kind: string, raw: Uint8Array): unknown =>
  decodeProtobuf(body(apiVersion, kind, raw)).object;

describe('forms of their own', () => {
  test('times, to the second and to the microsecond', () => {
    const spec = message([1, 'node1'], [3, message([1, 1_767_225_600], [2, 123_456_789])]);
    expect(objectOf('coordination.k8s.io/v1', 'Lease', message([2, spec]))).toMatchObject({
      spec: { holderIdentity: 'node1', acquireTime: '2026-01-01T00:00:00.123456Z' },
    });
    const metadata = message([1, 'x'], [8, message([1, 1_767_225_600])], [9, message()]);
    expect(objectOf('v1', 'ConfigMap', message([1, metadata]))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' },
    });
  });

  test('quantities in a map, large and negative numbers, a time before 1970', () => {
    const requests = message([1, 'cpu'], [2, message([1, '500m'])]);
    const container = message([1, 'c'], [8, message([2, requests])], [15, message([4, -1])]);
    const spec = message([2, container], [4, 9_007_199_254_740_991]);
    const metadata = message([8, message([1, -1])]);
    expect(objectOf('v1', 'Pod', message([1, metadata], [2, spec]))).toMatchObject({
      metadata: { creationTimestamp: '1969-12-31T23:59:59Z' },
      spec: {
        terminationGracePeriodSeconds: Number.MAX_SAFE_INTEGER,
        containers: [{ resources: { requests: { cpu: '500m' } }, securityContext: { runAsUser: -1 } }],
      },
    });
  });

  test('fields of inlined messages belong to the outer one', () => {
    const probe = message([1, message([2, message([1, '/'], [2, message([2, 80])])])], [3, 5]);
    const volume = message([1, 'v'], [2, message([2, message()])]);
    const spec = message([1, volume], [2, message([1, 'c'], [10, probe])]);
    expect(objectOf('v1', 'Pod', message([2, spec]))).toMatchObject({
      spec: {
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [{ name: 'c', livenessProbe: { httpGet: { path: '/', port: 80 }, timeoutSeconds: 5 } }],
      },
    });
  });

  test('what stands for a JSON value of any form, or for one of two forms', () => {
    const schemaOf = (...fields: readonly WireField[]): unknown => {
      const version = message([1, 'v1'], [4, message([1, message(...fields)])]);
      const crd = message([2, message([7, version])]);
      const object = objectOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd);
      return (object as { spec: { versions: { schema: { openAPIV3Schema: unknown } }[] } }).spec.versions[0]!
        .schema.openAPIV3Schema;
    };
    const text = message([5, 'string']);
    expect(
      schemaOf(
        [2, 'about:blank'],
        [8, message([1, 'false'])],
        [20, message([1, '"a"'])],
        [24, message([1, text])],
      ),
    ).toEqual({ $schema: 'about:blank', default: false, enum: ['a'], items: { type: 'string' } });
    expect(
      schemaOf([30, message([1, 0])], [33, message([1, 1], [2, text])], [24, message([2, text])]),
    ).toEqual({
      additionalProperties: false,
      additionalItems: { type: 'string' },
      items: [{ type: 'string' }],
    });
    expect(schemaOf([32, message([1, 'a'], [2, message([2, 'b'])])])).toEqual({ dependencies: { a: ['b'] } });
  });

  test('a zero that is meant where a number or a string may stand', () => {
    const spec = message([1, message([1, 0], [2, 0])]);
    expect(objectOf('policy/v1', 'PodDisruptionBudget', message([2, spec]))).toMatchObject({
      spec: { minAvailable: 0 },
    });
  });

  test('what a review says of a user', () => {
    const extra = message([1, 'scopes'], [2, message([1, 'a'], [1, 'b'])]);
    const spec = message([3, 'ann'], [5, extra]);
    expect(objectOf('authorization.k8s.io/v1', 'SubjectAccessReview', message([2, spec]))).toMatchObject({
      spec: { user: 'ann', extra: { scopes: ['a', 'b'] } },
    });
  });

  test('managed fields are JSON inside', () => {
    const entry = message([1, 'kubectl'], [7, message([1, Buffer.from('{"f:data":{}}')])]);
    expect(objectOf('v1', 'ConfigMap', message([1, message([17, entry])]))).toMatchObject({
      metadata: { managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:data': {} } }] },
    });
  });

  test('a map key that is dangerous in JavaScript is only a key', () => {
    const data = message([1, '__proto__'], [2, 'x']);
    const object = objectOf('v1', 'ConfigMap', message([2, data])) as { data: object };
    expect(Object.entries(object.data)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(object.data)).toBe(Object.prototype);
  });

  test('Scale, Eviction, Binding and the DeleteOptions of any group', () => {
    expect(objectOf('autoscaling/v1', 'Scale', message([2, message([1, 5])]))).toMatchObject({
      spec: { replicas: 5 },
    });
    const options = message([1, 0], [2, message([1, 'u'])], [4, 'Foreground']);
    expect(objectOf('apps/v1', 'DeleteOptions', options)).toMatchObject({
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u' },
      propagationPolicy: 'Foreground',
    });
    const eviction = message([1, message([1, 'p'])], [2, message([1, 0])]);
    expect(objectOf('policy/v1', 'Eviction', eviction)).toMatchObject({
      deleteOptions: { gracePeriodSeconds: 0 },
    });
    const binding = message([2, message([1, 'Node'], [3, 'node1'])]);
    expect(objectOf('v1', 'Binding', binding)).toMatchObject({ target: { kind: 'Node', name: 'node1' } });
  });
});

describe('what is no such body', () => {
  test.each([
    ['nothing', '', 'does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
    ['JSON', Buffer.from('{"kind":"Pod"}').toString('base64'), 'expected prefix [107 56 115 0]'],
    ['the prefix alone', 'azhzAA==', "Object 'Kind' is missing"],
    ['a cut message', SENT['create namespace course'].slice(0, 40), 'could not be decoded from protobuf'],
    ['noise', 'azhzAP////////8=', 'could not be decoded from protobuf'],
  ])('%s', (_, base64, expected) => {
    expect(() => decodeProtobuf(bytesOf(base64))).toThrow(StatusError);
    expect(() => decodeProtobuf(bytesOf(base64))).toThrow(expected);
  });

  test.each([
    [
      'a kind that is not served',
      body('example.com/v1', 'Widget', message()),
      'no kind "Widget" is registered',
    ],
    [
      'a time out of range',
      body('v1', 'Pod', message([1, message([8, message([1, 2 ** 60])])])),
      'invalid time',
    ],
    [
      'a string where a message belongs',
      body('v1', 'Pod', message([2, 'not a spec'])),
      'could not be decoded',
    ],
    [
      'managed fields that are no JSON',
      body('v1', 'Pod', message([1, message([17, message([7, message([1, 'x'])])])])),
      'could not be decoded',
    ],
    ['groups without end', body('v1', 'Pod', new Uint8Array(100_000).fill(0x0b)), 'could not be decoded'],
  ])('%s', (_, bytes, expected) => {
    expect(() => decodeProtobuf(bytes)).toThrow(StatusError);
    expect(() => decodeProtobuf(bytes)).toThrow(expected);
  });

  test('whatever the bytes, the answer is an object or a BadRequest', () => {
    const raw = fc.uint8Array({ maxLength: 200 });
    const kind = fc.constantFrom('Pod', 'Deployment', 'Secret', 'Service', 'DeleteOptions', 'EndpointSlice');
    const whole = fc.tuple(kind, raw).map(([one, bytes]) => body('v1', one, bytes));
    const flipped = fc
      .tuple(fc.constantFrom(...Object.values(SENT)), fc.nat(), fc.nat(255))
      .map(([base64, at, byte]) => {
        const bytes = bytesOf(base64);
        bytes[4 + (at % (bytes.length - 4))] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(whole, flipped, raw), (bytes) => {
        try {
          JSON.stringify(decodeProtobuf(bytes).object);
        } catch (error) {
          expect(error).toMatchObject({ name: 'StatusError', code: 400 });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the field table', () => {
  const namesOf = (type: string): string[] =>
    (FIELD_TABLE.get(type) ?? []).flatMap(({ name, type: of, inline }) => (inline ? namesOf(of) : [name]));

  test('has every field of the types that it names, and no other', () => {
    for (const type of FIELD_TABLE.keys()) {
      if (!isType(type)) continue;
      const fields = fieldsOf(type);
      const isBody =
        fields.has('metadata') || /^(DeleteOptions|API(Versions|Group|GroupList|ResourceList))$/.test(type);
      const isOutside = (name: string): boolean => isBody && (name === 'apiVersion' || name === 'kind');
      const wanted = [...fields.keys()].filter((name) => !isOutside(name));
      expect([type, namesOf(type).sort()]).toEqual([type, wanted.sort()]);
    }
  });

  const typesIn = (type: FieldType): string[] =>
    type.kind === 'scalar' ? [] : type.kind === 'object' ? [type.of] : typesIn(type.of);

  test('has every type that is in a built-in kind, its list, or the body of a subresource', () => {
    const known = new Set<string>();
    const visit = (type: string): void => {
      if (known.has(type)) return;
      known.add(type);
      for (const field of fieldsOf(type).values()) typesIn(field.type).forEach(visit);
    };
    for (const { type, listType } of RESOURCES) [type, listType].filter(isType).forEach(visit);
    ['Scale', 'Eviction', 'AuthenticationV1TokenRequest', 'DeleteOptions', 'Status'].forEach(visit);
    expect([...known].filter((type) => !FIELD_TABLE.has(type))).toEqual([]);
    for (const { type, listType } of RESOURCES)
      expect(FIELD_TABLE.has(type) && FIELD_TABLE.has(listType)).toBe(true);
  });

  test('gives no number twice in a type', () => {
    for (const rows of FIELD_TABLE.values()) {
      expect(new Set(rows.map(({ number }) => number)).size).toBe(rows.length);
    }
  });
});
