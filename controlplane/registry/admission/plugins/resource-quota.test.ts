import { expect, it } from 'vitest';
import type { ResourceQuotaSpec } from '#api/gen/types.ts';
import { create, podBody, target, testRegistry, type TestRegistry } from '../../test-registry.ts';

async function withQuota(spec: ResourceQuotaSpec): Promise<TestRegistry> {
  const cluster = await testRegistry();
  await create(cluster, 'resourcequotas', { metadata: { name: 'quota' }, spec });
  return cluster;
}

const pod = (name: string, requests?: object): object =>
  podBody(name, {
    containers: [{ name: 'c', image: 'nginx', ...(requests && { resources: { requests } }) }],
  });

it('refuses the object that would exceed it, and takes another when one is gone', async () => {
  const cluster = await withQuota({ hard: { configmaps: '1', 'count/leases.coordination.k8s.io': '0' } });
  await create(cluster, 'configmaps', { metadata: { name: 'a' } });
  const second = (): Promise<unknown> => create(cluster, 'configmaps', { metadata: { name: 'b' } });
  await expect(second()).rejects.toThrow(
    'configmaps "b" is forbidden: exceeded quota: quota, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
  );
  await cluster.client.delete('configmaps', 'default', 'a');
  await second();
  await expect(create(cluster, 'leases', { metadata: { name: 'l' }, spec: {} })).rejects.toThrow(
    'exceeded quota: quota, requested: count/leases.coordination.k8s.io=1, used: count/leases.coordination.k8s.io=0, limited: count/leases.coordination.k8s.io=0',
  );
});

it('is not exceeded by writes at the same time', async () => {
  const cluster = await withQuota({ hard: { configmaps: '3' } });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const results = await Promise.allSettled(
    names.map((name) => create(cluster, 'configmaps', { metadata: { name } })),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(cluster.client.list('configmaps', 'default')).toHaveLength(3);
});

it('adds up what Pods request, and wants every container to say it', async () => {
  const cluster = await withQuota({ hard: { 'requests.cpu': '1', pods: '10' } });
  await create(cluster, 'pods', pod('a', { cpu: '600m' }));
  await expect(create(cluster, 'pods', pod('b', { cpu: '500m' }))).rejects.toThrow(
    'pods "b" is forbidden: exceeded quota: quota, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
  );
  await expect(create(cluster, 'pods', pod('c'))).rejects.toThrow(
    'pods "c" is forbidden: failed quota: quota: must specify requests.cpu for: c',
  );
});

const service = (type: string, ports: number[]): object => ({
  metadata: { name: 's' },
  spec: { type, selector: { a: 'b' }, ports: ports.map((port) => ({ name: `p${port}`, port })) },
});

it('charges an update of a Service for what it adds', async () => {
  const cluster = await withQuota({ hard: { 'services.nodeports': '1' } });
  await create(cluster, 'services', service('ClusterIP', [1, 2]));
  const update = (type: string, ports: number[]): Promise<unknown> =>
    cluster.registry.update(target('services', 's'), service(type, ports), cluster.write);
  await expect(update('NodePort', [1, 2])).rejects.toThrow(
    'exceeded quota: quota, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
  );
  await update('NodePort', [1]);
  await update('NodePort', [3]);
});

it.each([
  [{ scopes: ['BestEffort'] }, undefined, true],
  [{ scopes: ['BestEffort'] }, { cpu: '1' }, false],
  [{ scopes: ['NotBestEffort'] }, { cpu: '1' }, true],
  [{ scopes: ['Terminating'] }, undefined, false],
  [
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
      },
    },
    undefined,
    false,
  ],
])('with %j counts only Pods in its scope', async (scope, requests, isCounted) => {
  const cluster = await withQuota({ hard: { pods: '0' }, ...scope });
  const made = create(cluster, 'pods', pod('p', requests));
  if (isCounted) await expect(made).rejects.toThrow('exceeded quota');
  else await made;
});

it('is not charged for a dry run', async () => {
  const cluster = await withQuota({ hard: { configmaps: '1' } });
  const body = { metadata: { name: 'a' } };
  await cluster.registry.create(target('configmaps'), body, { ...cluster.write, dryRun: true });
  await create(cluster, 'configmaps', body);
});
