import { expect, it } from 'vitest';
import { create, podBody, target, testRegistry } from '../../test-registry.ts';

const NODE_TROUBLE = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

it('adds the tolerations of node trouble again when an update has left them out', async () => {
  const cluster = await testRegistry();
  const { registry, write } = cluster;
  const pod = await create(cluster, 'pods', podBody('a'));
  expect(pod['spec']).toMatchObject({ tolerations: NODE_TROUBLE });
  const { tolerations: _left, ...spec } = pod['spec'] as { tolerations: unknown };
  const { entry } = await registry.update(target('pods', 'a'), { ...pod, spec }, write);
  expect(entry.object['spec']).toMatchObject({ tolerations: NODE_TROUBLE });
});
