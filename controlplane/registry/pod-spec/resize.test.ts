import { beforeEach, expect, test } from 'vitest';
import { create, podBody, target, testRegistry } from '../test-registry.ts';

let cluster: Awaited<ReturnType<typeof testRegistry>>;
beforeEach(async () => {
  cluster = await testRegistry();
  const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } };
  await create(cluster, 'pods', podBody('p', { containers: [{ name: 'c', image: 'nginx', resources }] }));
  await create(cluster, 'pods', podBody('plain'));
});

const patch = (containers: object[], name = 'p'): ReturnType<typeof cluster.registry.patch> =>
  cluster.registry.patch(
    { ...target('pods', name), subresource: 'resize' },
    { type: 'strategic', body: { spec: { containers } } },
    cluster.write,
  );
const resources = (value: object): object => ({ name: 'c', resources: value });

test('processor and memory change, and nothing else of the Pod', async () => {
  await patch([
    { ...resources({ requests: { cpu: '200m' }, limits: { memory: '1Gi', cpu: '1' } }), image: 'other' },
  ]);
  expect(cluster.client.get('pods', 'default', 'p')).toMatchObject({
    metadata: { generation: 2 },
    spec: {
      containers: [
        {
          image: 'nginx',
          resources: { requests: { cpu: '200m', memory: '64Mi' }, limits: { cpu: '1', memory: '1Gi' } },
        },
      ],
    },
  });
});

test.each([
  [
    'p',
    [resources({ limits: { memory: null } })],
    'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
  ],
  [
    'p',
    [resources({ requests: { cpu: null } })],
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ],
  [
    'p',
    [{ name: 'd', image: 'x' }],
    'spec.containers: Forbidden: containers may not be added or removed on resize',
  ],
  [
    'p',
    [resources({ requests: { 'ephemeral-storage': '1Gi' } })],
    'spec: Forbidden: only cpu and memory resources are mutable',
  ],
  ['p', [resources({ requests: { memory: '1Gi' } })], 'must be less than or equal to memory limit of 128Mi'],
  [
    'plain',
    [resources({ requests: { cpu: '1' } })],
    'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
  ],
])('%s is not resized with %j', async (name, containers, message) => {
  await expect(patch(containers, name)).rejects.toThrow(message);
});

test('a Pod itself still keeps its resources', async () => {
  const body = { spec: { containers: [resources({ requests: { cpu: '2' } })] } };
  await expect(
    cluster.registry.patch(target('pods', 'p'), { type: 'strategic', body }, cluster.write),
  ).rejects.toThrow('pod updates may not change fields other than');
});
