import { describe, expect, it } from 'vitest';
import { create, podBody, target, testRegistry, workloadBody } from './test-registry.ts';

describe('createRegistry', () => {
  it('gives a new object its metadata, defaults and status', async () => {
    const cluster = await testRegistry({ evictionSeconds: 7 });
    const pod = await create(cluster, 'pods', podBody('web'));
    expect(pod).toMatchObject({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name: 'web',
        namespace: 'default',
        generation: 1,
        uid: expect.stringMatching(/-/) as string,
      },
      spec: { restartPolicy: 'Always', tolerations: [{ tolerationSeconds: 7 }, { tolerationSeconds: 7 }] },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });

  it('counts generations of the spec, not of status and metadata', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'deployments', workloadBody('web'));
    const { registry, write, client } = cluster;
    const merge = (body: unknown, subresource?: 'status') =>
      registry.patch({ ...target('deployments', 'web'), subresource }, { type: 'merge', body }, write);
    await merge({ metadata: { labels: { a: 'b' } } });
    await merge({ status: { replicas: 3 }, spec: { replicas: 9 } }, 'status');
    expect(client.get('deployments', 'default', 'web')).toMatchObject({
      metadata: { generation: 1 },
      spec: { replicas: 1 },
      status: { replicas: 3 },
    });
    await merge({ spec: { replicas: 2 }, status: { replicas: 8 } });
    expect(client.get('deployments', 'default', 'web')).toMatchObject({
      metadata: { generation: 2 },
      status: { replicas: 3 },
    });
  });

  it('leaves the version alone when an update changes nothing', async () => {
    const cluster = await testRegistry();
    const before = await create(cluster, 'configmaps', { metadata: { name: 'x' }, data: { a: 'b', c: 'd' } });
    const { entry } = await cluster.registry.update(
      target('configmaps', 'x'),
      { metadata: { name: 'x' }, data: { c: 'd', a: 'b' } },
      cluster.write,
    );
    expect(entry.object.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('retries a generated name that is taken, and never gives two objects one name', async () => {
    const cluster = await testRegistry();
    const body = { metadata: { generateName: 'x-' } };
    const made = await Promise.all(Array.from({ length: 50 }, () => create(cluster, 'configmaps', body)));
    expect(new Set(made.map(({ metadata }) => metadata.name)).size).toBe(50);
    for (const { metadata } of made) expect(metadata.name).toMatch(/^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });
});
