import { expect, it } from 'vitest';
import type { LimitRangeItem, Pod } from '#api/gen/types.ts';
import { create, podBody, testRegistry } from '../../test-registry.ts';

async function withLimits(...limits: Partial<LimitRangeItem>[]) {
  const cluster = await testRegistry();
  await create(cluster, 'limitranges', { metadata: { name: 'limits' }, spec: { limits } });
  return cluster;
}

const withResources = (resources: object): object =>
  podBody('p', { containers: [{ name: 'c', image: 'nginx', resources }] });

it('gives containers what they leave out, and says so', async () => {
  const cluster = await withLimits({
    type: 'Container',
    default: { cpu: '500m', memory: '1Gi' },
    defaultRequest: { cpu: '100m' },
  });
  const pod = (await create(cluster, 'pods', withResources({ limits: { memory: '2Gi' } }))) as Pod;
  expect(pod.spec?.containers[0]?.resources).toEqual({
    requests: { cpu: '100m', memory: '2Gi' },
    limits: { cpu: '500m', memory: '2Gi' },
  });
  expect(pod.metadata?.annotations).toEqual({
    'kubernetes.io/limit-ranger':
      'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
  });
});

it.each([
  [{ max: { cpu: '1' } }, { limits: { cpu: '2' } }, 'maximum cpu usage per Container is 1, but limit is 2'],
  [
    { min: { memory: '1Gi' } },
    { requests: { memory: '1Mi' } },
    'minimum memory usage per Container is 1Gi, but request is 1Mi',
  ],
  [
    { maxLimitRequestRatio: { cpu: '2' } },
    { requests: { cpu: '100m' }, limits: { cpu: '300m' } },
    'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
  ],
  [
    { min: { cpu: '1' }, max: { cpu: '2' } },
    { requests: { cpu: '1m' }, limits: { cpu: '3' } },
    '[minimum cpu usage per Container is 1, but request is 1m, maximum cpu usage per Container is 2, but limit is 3]',
  ],
])('%j refuses %j', async (limit, resources, why) => {
  const cluster = await withLimits({ type: 'Container', ...limit });
  await expect(create(cluster, 'pods', withResources(resources))).rejects.toThrow(
    `pods "p" is forbidden: ${why}`,
  );
});

it('takes the most that a container may have for what it leaves out', async () => {
  const cluster = await withLimits({ type: 'Container', max: { cpu: '1' } });
  const pod = (await create(cluster, 'pods', withResources({}))) as Pod;
  expect(pod.spec?.containers[0]?.resources?.limits).toEqual({ cpu: '1' });
});

it('refuses a Pod without limits where there is a most', async () => {
  const cluster = await withLimits({ type: 'Pod', max: { cpu: '1' } });
  await expect(create(cluster, 'pods', withResources({}))).rejects.toThrow(
    'maximum cpu usage per Pod is 1.  No limit is specified',
  );
});

it('limits a Pod by all its containers together', async () => {
  const cluster = await withLimits({ type: 'Pod', max: { cpu: '1' } });
  const container = { image: 'nginx', resources: { limits: { cpu: '600m' } } };
  const pod = podBody('p', { containers: ['a', 'b'].map((name) => ({ ...container, name })) });
  await expect(create(cluster, 'pods', pod)).rejects.toThrow(
    'maximum cpu usage per Pod is 1, but limit is 1200m',
  );
});

it('limits what a claim asks for', async () => {
  const cluster = await withLimits({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } });
  const claim = {
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
  };
  await expect(create(cluster, 'persistentvolumeclaims', claim)).rejects.toThrow(
    'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
  );
});
