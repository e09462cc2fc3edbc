import { describe, expect, it } from 'vitest';
import { RESOURCES } from '#api/resources.ts';
import { create, podBody, target, testRegistry, workloadBody } from '../test-registry.ts';

describe('subresources', () => {
  it('show and set the scale of a Deployment', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'deployments', workloadBody('web'));
    const { registry, write, client } = cluster;
    const scale = { ...target('deployments', 'web'), subresource: 'scale' as const };
    expect((await registry.get(scale)).object).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=web' },
    });
    await registry.patch(scale, { type: 'merge', body: { spec: { replicas: 4 } } }, write);
    expect(client.get('deployments', 'default', 'web')).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 4 },
    });
    await expect(
      registry.update(scale, { metadata: { name: 'web' }, spec: { replicas: -1 } }, write),
    ).rejects.toThrow('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
    await expect(
      registry.update(
        scale,
        { metadata: { name: 'web', resourceVersion: '1' }, spec: { replicas: 2 } },
        write,
      ),
    ).rejects.toThrow('the object has been modified');
  });

  it('show the scale of a ReplicationController, whose selector is but labels', async () => {
    const cluster = await testRegistry();
    const template = { ...podBody('web'), metadata: { labels: { app: 'web' } } };
    const body = { metadata: { name: 'web' }, spec: { template } };
    await create(cluster, 'replicationcontrollers', body);
    const scale = { ...target('replicationcontrollers', 'web'), subresource: 'scale' as const };
    expect((await cluster.registry.get(scale)).object).toMatchObject({
      spec: { replicas: 1 },
      status: { selector: 'app=web' },
    });
  });

  it('bind the Pod that a Binding names', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'pods', podBody('p'));
    const bindings = RESOURCES.find(({ name }) => name === 'bindings')!;
    const body = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'node1' } };
    const { object } = await cluster.registry.create(
      { resource: bindings, namespace: 'default' },
      body,
      cluster.write,
    );
    expect(object).toMatchObject({ kind: 'Status', status: 'Success' });
    expect(cluster.client.get('pods', 'default', 'p')?.spec?.nodeName).toBe('node1');
  });

  it('bind a Pod once', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'pods', podBody('p'));
    const { client } = cluster;
    const pod = client.get('pods', 'default', 'p')!;
    await client.bind(pod, 'node1');
    expect(client.get('pods', 'default', 'p')).toMatchObject({
      metadata: { generation: 1 },
      spec: { nodeName: 'node1' },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
    await expect(client.bind(pod, 'node2')).rejects.toThrow(
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node1"',
    );
  });

  it('evict a Pod with the grace that the eviction asks for', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'pods', podBody('p'));
    const { client, registry, write } = cluster;
    await client.bind(client.get('pods', 'default', 'p')!, 'node1');
    const { object } = await registry.create(
      { ...target('pods', 'p'), subresource: 'eviction' },
      { metadata: { name: 'p' }, deleteOptions: { gracePeriodSeconds: 7 } },
      write,
    );
    expect(object).toMatchObject({ kind: 'Status', status: 'Success' });
    expect(client.get('pods', 'default', 'p')?.metadata.deletionGracePeriodSeconds).toBe(7);
  });

  it('change of a Pod only what may change', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'pods', podBody('p'));
    const { registry, write } = cluster;
    const patch = (spec: object) =>
      registry.patch(target('pods', 'p'), { type: 'strategic', body: { spec } }, write);
    await patch({ containers: [{ name: 'c', image: 'nginx:2' }] });
    await expect(patch({ restartPolicy: 'Never' })).rejects.toThrow(
      /spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,.*\n- \tspec.restartPolicy: "Always"\n\+ \tspec.restartPolicy: "Never"/s,
    );
    await expect(patch({ containers: [{ name: 'd', image: 'x' }] })).rejects.toThrow(
      'pod updates may not add or remove containers',
    );
  });
});
