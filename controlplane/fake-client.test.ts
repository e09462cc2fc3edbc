import { describe, expect, it } from 'vitest';
import { FakeClock } from '#api/clock.ts';
import { FakeClient } from './fake-client.ts';

const configMap = (name: string, data = {}) => ({ metadata: { namespace: 'default', name }, data });
const pod = (nodeName?: string) => ({
  metadata: { namespace: 'default', generateName: 'web-', labels: { app: 'web' } },
  spec: { containers: [], ...(nodeName === undefined ? {} : { nodeName }) },
});

describe('FakeClient', () => {
  it('shows a write when its promise resolves, not before', async () => {
    const client = new FakeClient();
    const created = client.create('configmaps', configMap('a'));
    expect(client.get('configmaps', 'default', 'a')).toBeUndefined();
    expect((await created).metadata.resourceVersion).toBe('1');
    expect(client.get('configmaps', 'default', 'a')).toBe(await created);
  });

  it('refuses a name that an unshown write has taken', async () => {
    const client = new FakeClient();
    const first = client.create('configmaps', configMap('a'));
    await expect(client.create('configmaps', configMap('a'))).rejects.toMatchObject({
      message: 'configmaps "a" already exists',
    });
    await first;
  });

  it('refuses an update of an older version', async () => {
    const client = new FakeClient();
    const first = await client.create('configmaps', configMap('a'));
    await client.update('configmaps', { ...first, data: { key: '1' } });
    await expect(client.update('configmaps', { ...first, data: { key: '2' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
  });

  it('keeps status and spec apart, and counts generations', async () => {
    const client = new FakeClient();
    const made = await client.seed('replicasets', {
      metadata: { namespace: 'default', name: 'rs' },
      spec: { replicas: 1, selector: {} },
      status: { replicas: 1 },
    });
    expect(made.status).toEqual({ replicas: 1 });
    const scaled = await client.update('replicasets', {
      ...made,
      spec: { replicas: 2, selector: {} },
      status: { replicas: 9 },
    });
    expect([scaled.metadata.generation, scaled.status?.replicas]).toEqual([2, 1]);
  });

  it('tells watchers what exists, then what changes', async () => {
    const client = new FakeClient();
    const seen: string[] = [];
    const first = await client.create('configmaps', configMap('a'));
    const stop = client.watch('configmaps', {
      added: ({ metadata }) => seen.push(`added ${metadata.name}`),
      updated: (before, after) => seen.push(`updated ${before.data?.key} ${after.data?.key}`),
      deleted: ({ metadata }) => seen.push(`deleted ${metadata.name}`),
    });
    await client.update('configmaps', { ...first, data: { key: '2' } });
    await client.delete('configmaps', 'default', 'a');
    stop();
    await client.create('configmaps', configMap('b'));
    expect(seen).toEqual(['added a', 'updated undefined 2', 'deleted a']);
  });

  it('lets a bound Pod stay for its grace period and removes an unbound one', async () => {
    const client = new FakeClient(new FakeClock(0));
    const unbound = await client.create('pods', pod());
    const bound = await client.create('pods', pod('node1'));
    await client.delete('pods', 'default', unbound.metadata.name);
    await client.delete('pods', 'default', bound.metadata.name);
    expect(client.list('pods').map((one) => one.metadata.deletionTimestamp)).toEqual([
      '1970-01-01T00:00:30Z',
    ]);
    await client.delete('pods', 'default', bound.metadata.name, { gracePeriodSeconds: 0 });
    expect(client.list('pods')).toEqual([]);
  });

  it('removes an object when its last finalizer goes', async () => {
    const client = new FakeClient();
    await client.create('configmaps', {
      ...configMap('a'),
      metadata: { namespace: 'default', name: 'a', finalizers: ['x/y'] },
    });
    await client.delete('configmaps', 'default', 'a');
    const held = client.get('configmaps', 'default', 'a')!;
    expect(held.metadata.deletionTimestamp).toBeDefined();
    const { finalizers: _, ...metadata } = held.metadata;
    await client.update('configmaps', { ...held, metadata });
    expect(client.list('configmaps')).toEqual([]);
  });

  it('binds a Pod once', async () => {
    const client = new FakeClient();
    const one = await client.create('pods', pod());
    await client.bind(one, 'node1');
    expect(client.list('pods', 'default', { matchLabels: { app: 'web' } })[0]?.spec?.nodeName).toBe('node1');
    const now = client.list('pods')[0]!;
    await expect(client.bind(now, 'node2')).rejects.toThrow('is already assigned to node "node1"');
  });
});
