import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESOURCES, resourceOf } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { decodeObject, decodePatched, LENIENT } from './decode.ts';

const WARN = { fieldValidation: 'Warn', warn: () => undefined } as const;
const pod = (spec: object): object => ({ metadata: { name: 'p' }, spec });
const decodePod = (body: unknown): unknown => decodeObject(resourceOf('pods'), body, WARN)['spec'];

describe('decodeObject', () => {
  it('leaves out nulls and what Go writes as empty, but keeps what is a pointer there', () => {
    const spec = {
      hostNetwork: false,
      nodeName: '',
      nodeSelector: {},
      tolerations: null,
      initContainers: [],
      priority: 0,
      enableServiceLinks: false,
      securityContext: {},
    };
    expect(decodePod(pod(spec))).toEqual({ priority: 0, enableServiceLinks: false, securityContext: {} });
  });

  it('takes a null in a map for the zero of its type', () => {
    const limits = { cpu: null };
    expect(decodePod(pod({ containers: [{ name: 'c', resources: { limits } }] }))).toEqual({
      containers: [{ name: 'c', resources: { limits: { cpu: '0' } } }],
    });
    const { binaryData } = decodeObject(resourceOf('configmaps'), { binaryData: { a: null } }, WARN);
    expect(binaryData).toEqual({ a: '' });
  });

  it('writes quantities and times in one form', () => {
    const resources = { limits: { cpu: 0.5, memory: '1024Mi' } };
    expect(decodePod(pod({ containers: [{ name: 'c', resources }] }))).toEqual({
      containers: [{ name: 'c', resources: { limits: { cpu: '500m', memory: '1Gi' } } }],
    });
    const lease = { spec: { renewTime: '2026-01-02T03:04:05.678+01:00' } };
    expect(decodeObject(resourceOf('leases'), lease, WARN)['spec']).toEqual({
      renewTime: '2026-01-02T02:04:05.678000Z',
    });
  });

  it.each([
    [
      pod({ containers: [{ env: 'x' }] }),
      'json: cannot unmarshal string into Go struct field Container.spec.containers.env of type []v1.EnvVar',
    ],
    [
      pod({ containers: ['x'] }),
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container',
    ],
    [
      pod({ hostNetwork: 'yes' }),
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      pod({ priority: 1.5 }),
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      pod({ priority: 3e9 }),
      'json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [{ spec: [] }, 'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec'],
    [
      pod({ dnsPolicy: 1 }),
      'json: cannot unmarshal number into Go struct field PodSpec.spec.dnsPolicy of type v1.DNSPolicy',
    ],
    [
      { metadata: { creationTimestamp: 'now' } },
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
  ])('says of %j what Go says', (body, message) => {
    expect(() => decodePod(body)).toThrow(`Pod in version "v1" cannot be handled as a Pod: ${message}`);
  });

  it('names duplicate fields with the unknown ones', () => {
    const strict = {
      fieldValidation: 'Strict',
      warn: () => undefined,
      duplicateFields: ['metadata.name'],
    } as const;
    expect(() => decodeObject(resourceOf('pods'), { spek: 1 }, strict)).toThrow(
      'strict decoding error: duplicate field "metadata.name", unknown field "spek"',
    );
  });

  it('names duplicate and unknown fields in the order in which they stand', () => {
    const strict = {
      fieldValidation: 'Strict',
      warn: () => undefined,
      duplicateFields: ['metadata.labels.a', 'spec.nodeName'],
    } as const;
    const body = { metadata: { labels: { a: 'b' } }, spec: { unknown: 'foo', nodeName: 'n', more: 1 } };
    expect(() => decodeObject(resourceOf('pods'), body, strict)).toThrow(
      'strict decoding error: duplicate field "metadata.labels.a", unknown field "spec.unknown", ' +
        'duplicate field "spec.nodeName", unknown field "spec.more"',
    );
  });

  it('answers any body with an object or a StatusError, and shares nothing with it', () => {
    const json = fc.object({
      key: fc.constantFrom(
        'metadata',
        'spec',
        'name',
        'containers',
        'labels',
        'data',
        'ports',
        'kind',
        '__proto__',
      ),
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.constantFrom(...RESOURCES), fc.oneof(json, fc.jsonValue()), (resource, body) => {
        const before = JSON.stringify(body);
        try {
          Object.assign(decodeObject(resource, body, WARN).metadata, { labels: {} });
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
        expect(JSON.stringify(body)).toBe(before);
      }),
    );
  });
});

const spec = (fields: object): { [field: string]: unknown } => ({ spec: fields });

const why = (body: { [field: string]: unknown }, wording: 'json' | 'converter'): string => {
  try {
    decodePatched(resourceOf('pods'), body, LENIENT, (text) => StatusError.badRequest(text), wording);
  } catch (error) {
    return (error as StatusError).message;
  }
  return '';
};

describe('decodePatched', () => {
  it.each([
    [{ metadata: { labels: 'invalid' } }, 'cannot restore map from string'],
    [{ metadata: [] }, 'cannot restore struct from: slice'],
    [spec({ containers: 3 }), 'cannot restore slice from int64'],
    [spec({ containers: {} }), 'cannot restore slice from map'],
    [spec({ hostNetwork: 'true' }), 'unrecognized type: bool'],
    [spec({ priority: '1' }), 'unrecognized type: int32'],
    [spec({ priority: 1.5 }), 'cannot convert float64 to int32'],
    [spec({ nodeName: 1 }), 'cannot convert int64 to string'],
    [spec({ nodeName: 1.5 }), 'unrecognized type: string'],
    [spec({ restartPolicy: true }), 'unrecognized type: string'],
    [
      spec({ priority: 2 ** 31 }),
      'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
    ],
  ])('words what a strategic merge patch made of %j as the converter does: %s', (body, message) => {
    expect(why(body, 'converter')).toBe(message);
  });

  it('words a mismatch of other patches as the JSON decoder does', () => {
    expect(why({ metadata: { labels: 'invalid' } }, 'json')).toBe(
      'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    );
  });
});
