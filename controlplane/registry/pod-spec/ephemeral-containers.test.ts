import { beforeEach, expect, test } from 'vitest';
import { create, podBody, target, testRegistry } from '../test-registry.ts';

let cluster: Awaited<ReturnType<typeof testRegistry>>;
beforeEach(async () => {
  cluster = await testRegistry();
  await create(cluster, 'pods', podBody('p'));
});

const patch = (spec: object): ReturnType<typeof cluster.registry.patch> =>
  cluster.registry.patch(
    { ...target('pods', 'p'), subresource: 'ephemeralcontainers' },
    { type: 'strategic', body: { spec } },
    cluster.write,
  );
const shell = (more: object = {}): object => ({
  name: 'debugger',
  image: 'busybox:1',
  stdin: true,
  tty: true,
  ...more,
});

test('a container is added to a Pod, with defaults, and nothing else of it changes', async () => {
  await patch({
    ephemeralContainers: [shell({ targetContainerName: 'c' })],
    containers: [{ name: 'c', image: 'other' }],
  });
  expect(cluster.client.get('pods', 'default', 'p')).toMatchObject({
    metadata: { generation: 2 },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'nginx',
        },
      ],
      ephemeralContainers: [
        {
          name: 'debugger',
          targetContainerName: 'c',
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
    },
  });
});

test.each([
  [shell({ name: 'c' }), 'spec.ephemeralContainers[0].name: Duplicate value: "c"'],
  [shell({ targetContainerName: 'x' }), 'spec.ephemeralContainers[0].targetContainerName: Not found: "x"'],
  [shell({ image: undefined }), 'spec.ephemeralContainers[0].image: Required value'],
  [
    shell({ ports: [{ containerPort: 1 }] }),
    'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
  ],
  [
    shell({ resources: { limits: { cpu: '1' } } }),
    'spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container',
  ],
  [
    shell({ livenessProbe: { exec: { command: ['true'] } } }),
    'spec.ephemeralContainers[0].livenessProbe: Forbidden: cannot be set for an Ephemeral Container',
  ],
])('%j is refused', async (container, message) => {
  await expect(patch({ ephemeralContainers: [container] })).rejects.toThrow(message);
});

test('a container stays as it was added', async () => {
  await patch({ ephemeralContainers: [shell()] });
  await expect(patch({ ephemeralContainers: [shell({ image: 'busybox:2' })] })).rejects.toThrow(
    /existing ephemeral containers "debugger" may not be changed\n.*busybox:2/s,
  );
  await expect(patch({ ephemeralContainers: [{ name: 'debugger', $patch: 'delete' }] })).rejects.toThrow(
    'existing ephemeral containers "debugger" may not be removed',
  );
  await expect(
    cluster.registry.patch(
      target('pods', 'p'),
      { type: 'strategic', body: { spec: { ephemeralContainers: [shell({ name: 'two' })] } } },
      cluster.write,
    ),
  ).rejects.toThrow('pod updates may not change fields other than');
});
