import { describe, expect, it } from 'vitest';
import type { Kinds, Subresource } from '#api/resources.ts';
import { testSigningRequest } from '../../../pki/testing.ts';
import { create, target, testRegistry, type TestRegistry } from '../../test-registry.ts';

type Request = Kinds['certificatesigningrequests'];

const RESOURCE = 'certificatesigningrequests';
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const JANE = { name: 'jane', uid: 'u', groups: ['dev'], extra: { a: ['b'] } };

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const as = (cluster: TestRegistry): TestRegistry => ({ ...cluster, write: { ...cluster.write, user: JANE } });

const body = async (spec: object = {}, subject = 'CN=jane'): Promise<object> => ({
  metadata: { name: 'r' },
  spec: {
    request: base64(await testSigningRequest(subject)),
    signerName: CLIENT,
    usages: ['client auth'],
    username: 'admin',
    ...spec,
  },
});

const condition = (type: string, rest: object = {}): object => ({
  type,
  status: 'True',
  reason: 'R',
  ...rest,
});

async function put(
  { registry, write }: TestRegistry,
  subresource: Subresource | undefined,
  change: object,
): Promise<Request> {
  const at = { ...target(RESOURCE, 'r'), subresource };
  const { object } = await registry.get(at);
  return (await registry.update(at, { ...object, ...change }, write)).entry.object as Request;
}

const why = (verb: string): string =>
  `certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to ${verb} requests with signerName "${CLIENT}"`;

describe('a certificate signing request', () => {
  it('says who made it, whatever it says', async () => {
    const made = (await create(as(await testRegistry()), RESOURCE, await body())) as Request;
    expect(made.spec).toMatchObject({ username: 'jane', uid: 'u', groups: ['dev'], extra: { a: ['b'] } });
    expect(made.status).toEqual({});
  });

  it.each([
    [
      { request: base64('x') },
      'spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST',
    ],
    [{ usages: [] }, 'spec.usages: Required value'],
    [{ usages: ['flying'] }, 'spec.usages[0]: Unsupported value: "flying"'],
    [{ usages: ['any', 'any'] }, 'spec.usages[1]: Duplicate value: "any"'],
    [{ signerName: 'x' }, "must be a fully qualified domain and path of the form 'example.com/signer-name'"],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      'the legacy signerName is not allowed via this API version',
    ],
    [{ expirationSeconds: 599 }, 'may not specify a duration less than 600 seconds (10 minutes)'],
  ])('with %j is refused', async (spec, message) => {
    await expect(create(await testRegistry(), RESOURCE, await body(spec))).rejects.toThrow(message);
  });

  it('must be signed by its own key, and not be an administrator’s', async () => {
    const cluster = await testRegistry();
    const pem = await testSigningRequest('CN=jane');
    const der = Buffer.from(pem.replaceAll(/-----.*-----/g, ''), 'base64');
    der[der.length - 5]! ^= 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(create(cluster, RESOURCE, await body({ request: base64(forged) }))).rejects.toThrow(
      'spec.request: Invalid value',
    );
    await expect(create(cluster, RESOURCE, await body({}, 'O=system:masters, CN=x'))).rejects.toThrow(
      'certificatesigningrequests.certificates.k8s.io "r" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });

  it('is decided about once, through approval only', async () => {
    const cluster = await testRegistry();
    await create(cluster, RESOURCE, await body());
    const conditions = [condition('Approved')];
    await expect(put(cluster, 'status', { status: { conditions } })).rejects.toThrow(
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    );
    expect((await put(cluster, undefined, { status: { conditions } })).status).toEqual({});
    const approved = await put(cluster, 'approval', { status: { conditions, certificate: base64('x') } });
    expect(approved.status).toMatchObject({
      conditions: [{ type: 'Approved', lastUpdateTime: '2026-01-01T00:00:00Z' }],
    });
    expect(approved.status?.certificate).toBeUndefined();
    await expect(put(cluster, 'approval', { status: {} })).rejects.toThrow(
      'updates may not remove a condition of type "Approved"',
    );
    await expect(
      put(cluster, 'approval', { status: { conditions: [...conditions, condition('Denied')] } }),
    ).rejects.toThrow('Approved and Denied conditions are mutually exclusive');
  });

  it('needs somebody who may approve and sign for its signer', async () => {
    const cluster = await testRegistry();
    const jane = as(cluster);
    await create(cluster, RESOURCE, await body());
    const approve = () => put(jane, 'approval', { status: { conditions: [condition('Approved')] } });
    await expect(approve()).rejects.toThrow(why('approve'));
    const certificate = base64('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
    await expect(put(jane, 'status', { status: { certificate } })).rejects.toThrow(why('sign'));
    const rules = [
      {
        verbs: ['approve'],
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: ['kubernetes.io/*'],
      },
    ];
    await create(cluster, 'clusterroles', { metadata: { name: 'a' }, rules });
    await create(cluster, 'clusterrolebindings', {
      metadata: { name: 'a' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'a' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
    });
    expect((await approve()).status?.conditions).toHaveLength(1);
    await put(cluster, 'status', { status: { conditions: [condition('Approved')], certificate } });
    await expect(put(cluster, 'status', { status: { conditions: [condition('Approved')] } })).rejects.toThrow(
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    );
  });
});
