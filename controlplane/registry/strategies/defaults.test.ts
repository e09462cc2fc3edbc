import { describe, expect, it } from 'vitest';
import type { ResourceName } from '#api/resources.ts';
import { create, target, testRegistry } from '../test-registry.ts';

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const webhook = {
  name: 'a.b.c',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { service: { name: 's', namespace: 'default' } },
  rules: [rule],
};
const defaultedWebhook = {
  ...webhook,
  clientConfig: { service: { name: 's', namespace: 'default', port: 443 } },
  rules: [{ ...rule, scope: '*' }],
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
};
const backend = { service: { name: 'svc', port: { number: 80 } } };

/** A body, and what is added to it besides the metadata. */
const CREATED: readonly [ResourceName, object, object][] = [
  ['ingresses', { spec: { defaultBackend: backend } }, { status: { loadBalancer: {} } }],
  [
    'ingressclasses',
    { spec: { controller: 'x.y/z', parameters: { kind: 'K', name: 'n' } } },
    { spec: { controller: 'x.y/z', parameters: { kind: 'K', name: 'n', scope: 'Cluster' } } },
  ],
  [
    'networkpolicies',
    { spec: { podSelector: {}, egress: [{ ports: [{ port: 80 }] }] } },
    {
      spec: {
        podSelector: {},
        egress: [{ ports: [{ port: 80, protocol: 'TCP' }] }],
        policyTypes: ['Ingress', 'Egress'],
      },
    },
  ],
  ['servicecidrs', { spec: { cidrs: ['10.97.0.0/24'] } }, { status: {} }],
  ['storageclasses', { provisioner: 'x.y/z' }, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }],
  [
    'csidrivers',
    { spec: {} },
    {
      spec: {
        attachRequired: true,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        podInfoOnMount: false,
        requiresRepublish: false,
        seLinuxMount: false,
        storageCapacity: false,
        volumeLifecycleModes: ['Persistent'],
      },
    },
  ],
  [
    'volumeattachments',
    { spec: { attacher: 'x', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
    { status: { attached: false } },
  ],
  ['validatingwebhookconfigurations', { webhooks: [webhook] }, { webhooks: [defaultedWebhook] }],
  [
    'mutatingwebhookconfigurations',
    { webhooks: [webhook] },
    { webhooks: [{ ...defaultedWebhook, reinvocationPolicy: 'Never' }] },
  ],
  [
    'prioritylevelconfigurations',
    {
      spec: {
        type: 'Limited',
        limited: { limitResponse: { type: 'Queue', queuing: {} } },
      },
    },
    {
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 30,
          lendablePercent: 0,
          limitResponse: { type: 'Queue', queuing: { handSize: 8, queueLengthLimit: 50, queues: 64 } },
        },
      },
      status: {},
    },
  ],
  [
    'flowschemas',
    { spec: { priorityLevelConfiguration: { name: 'catch-all' } } },
    { spec: { priorityLevelConfiguration: { name: 'catch-all' }, matchingPrecedence: 1000 }, status: {} },
  ],
  [
    'resourceclaims',
    { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu.x' } }] } } },
    {
      spec: {
        devices: {
          requests: [
            { name: 'r', exactly: { deviceClassName: 'gpu.x', allocationMode: 'ExactCount', count: 1 } },
          ],
        },
      },
      status: {},
    },
  ],
];

describe('a new object', () => {
  it.each(CREATED)('of the %s gets the defaults', async (resource, body, expected) => {
    const cluster = await testRegistry();
    const object = await create(cluster, resource, { metadata: { name: 'x' }, ...body });
    const { metadata: _metadata, apiVersion: _version, kind: _kind, ...rest } = object;
    expect(rest).toEqual({ ...body, ...expected });
  });
});

describe('the generation', () => {
  it.each([
    ['ingressclasses', 1],
    ['validatingwebhookconfigurations', 1],
    ['priorityclasses', 1],
    ['storageclasses', undefined],
    ['csinodes', undefined],
  ] as [ResourceName, number | undefined][])('of new %s is %s', async (resource, generation) => {
    const cluster = await testRegistry();
    const fields = {
      ingressclasses: { spec: { controller: 'x.y/z' } },
      storageclasses: { provisioner: 'p' },
    };
    const body = { metadata: { name: 'x' }, ...fields[resource as keyof typeof fields] };
    const csiNode = resource === 'csinodes' ? { spec: { drivers: [] } } : {};
    const { metadata } = await create(cluster, resource, { ...body, ...csiNode });
    expect(metadata.generation).toBe(generation);
  });

  it('of a PriorityClass stays when it changes', async () => {
    const cluster = await testRegistry();
    const created = await create(cluster, 'priorityclasses', { metadata: { name: 'x' }, value: 1 });
    const { entry } = await cluster.registry.update(
      target('priorityclasses', 'x'),
      { ...created, description: 'new' },
      cluster.write,
    );
    expect(entry.object).toMatchObject({ description: 'new', metadata: { generation: 1 } });
  });

  it('of a CSIDriver begins when what nodes act upon changes', async () => {
    const cluster = await testRegistry();
    const created = await create(cluster, 'csidrivers', { metadata: { name: 'x' }, spec: {} });
    expect(created.metadata.generation).toBeUndefined();
    const { entry } = await cluster.registry.update(
      target('csidrivers', 'x'),
      { ...created, spec: { ...(created['spec'] as object), requiresRepublish: true } },
      cluster.write,
    );
    expect(entry.object.metadata.generation).toBe(1);
  });
});

describe('the status', () => {
  it('is written on its own, and leaves the rest alone', async () => {
    const cluster = await testRegistry();
    const created = await create(cluster, 'ingresses', {
      metadata: { name: 'x' },
      spec: { defaultBackend: backend },
    });
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
    const changed = { ...created, spec: { ingressClassName: 'other', defaultBackend: backend }, status };
    const { entry: written } = await cluster.registry.update(
      { ...target('ingresses', 'x'), subresource: 'status' },
      changed,
      cluster.write,
    );
    expect(written.object).toMatchObject({ spec: created['spec'], status });
    const { entry: replaced } = await cluster.registry.update(
      target('ingresses', 'x'),
      { ...written.object, status: {} },
      cluster.write,
    );
    expect(replaced.object['status']).toEqual(status);
  });
});
