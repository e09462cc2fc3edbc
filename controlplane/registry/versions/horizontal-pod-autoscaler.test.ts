import { expect, test } from 'vitest';
import { RESOURCES, resourceOf } from '#api/resources.ts';
import { testRegistry } from '../test-registry.ts';

const v1 = RESOURCES.find(({ group, version }) => group === 'autoscaling' && version === 'v1')!;
const inV1 = { resource: v1, namespace: 'default', name: 'h' };
const inV2 = { resource: resourceOf('horizontalpodautoscalers'), namespace: 'default', name: 'h' };

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const ALL_METRICS = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
  { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
  {
    type: 'ContainerResource',
    containerResource: {
      name: 'cpu',
      container: 'web',
      target: { type: 'Utilization', averageUtilization: 50 },
    },
  },
  {
    type: 'Pods',
    pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } },
  },
  {
    type: 'Object',
    object: {
      describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
      metric: { name: 'hits', selector: { matchLabels: { verb: 'GET' } } },
      target: { type: 'Value', value: '100' },
    },
  },
  {
    type: 'External',
    external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' } },
  },
];
const behavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }],
  },
  scaleDown: {
    stabilizationWindowSeconds: 60,
    selectPolicy: 'Min',
    policies: [{ type: 'Percent', value: 10, periodSeconds: 30 }],
  },
};

test('an autoscaler of autoscaling/v1 is one of the CPU in autoscaling/v2', async () => {
  const { registry, write } = await testRegistry();
  const spec = { maxReplicas: 3, minReplicas: 2, scaleTargetRef, targetCPUUtilizationPercentage: 50 };
  const made = await registry.create(inV1, { metadata: { name: 'h' }, spec }, write);
  expect(made.object).toMatchObject({ apiVersion: 'autoscaling/v1', spec });
  const stored = (await registry.get(inV2)).object;
  expect(stored['spec']).toEqual({
    maxReplicas: 3,
    minReplicas: 2,
    scaleTargetRef,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
      },
    ],
  });
});

test('without a target it aims at 80 percent of the CPU', async () => {
  const { registry, write } = await testRegistry();
  const body = { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef } };
  const { object } = await registry.create(inV1, body, write);
  expect(object['spec']).toMatchObject({ targetCPUUtilizationPercentage: 80 });
});

test('what autoscaling/v1 has no fields for survives being read and written in it', async () => {
  const { registry, write } = await testRegistry();
  const body = {
    metadata: { name: 'h', annotations: { mine: 'stays' } },
    spec: { maxReplicas: 3, scaleTargetRef, metrics: ALL_METRICS, behavior },
  };
  const before = (await registry.create(inV2, body, write)).object;
  const read = (await registry.get(inV1)).object;
  expect(Object.keys(read.metadata.annotations ?? {})).toEqual([
    'mine',
    'autoscaling.alpha.kubernetes.io/metrics',
    'autoscaling.alpha.kubernetes.io/behavior',
  ]);
  expect(JSON.parse(read.metadata.annotations!['autoscaling.alpha.kubernetes.io/metrics']!)[0]).toEqual({
    type: 'Resource',
    resource: { name: 'memory', targetAverageValue: '1Gi' },
  });
  expect(read['spec']).toMatchObject({ targetCPUUtilizationPercentage: 60 });
  const { entry } = await registry.update(inV1, read, write);
  expect(entry.object).toEqual(read);
  const after = (await registry.get(inV2)).object;
  expect(after['spec']).toEqual(before['spec']);
  expect(after.metadata.annotations).toEqual({ mine: 'stays' });
});

test.each(['{', '5', '{}', '[5]', '[null]'])(
  'metrics in an annotation that are %s are refused',
  async (json) => {
    const { registry, write } = await testRegistry();
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': json };
    const body = { metadata: { name: 'h', annotations }, spec: { maxReplicas: 3, scaleTargetRef } };
    await expect(registry.create(inV1, body, write)).rejects.toThrow(
      'HorizontalPodAutoscaler in version "v1" cannot be handled as a HorizontalPodAutoscaler',
    );
  },
);
