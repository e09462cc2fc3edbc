import { describe, expect, it } from 'vitest';
import { create, podBody, target, testRegistry, type TestRegistry } from './test-registry.ts';

const remove = ({ registry, write }: TestRegistry, name: string, options: object = {}) =>
  registry.delete(target('pods', name), options, write);

async function runningPod(spec: object = {}): Promise<TestRegistry> {
  const cluster = await testRegistry();
  await create(cluster, 'pods', podBody('p', spec));
  await cluster.client.bind(cluster.client.get('pods', 'default', 'p')!, 'node1');
  return cluster;
}

const finalizers = (list: string[]) => ({ type: 'merge', body: { metadata: { finalizers: list } } }) as const;

describe('deletion', () => {
  it('removes a Pod at once that no node runs', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'pods', podBody('p'));
    expect((await remove(cluster, 'p')).gone).toBe(true);
    await expect(remove(cluster, 'p')).rejects.toThrow('pods "p" not found');
  });

  it('gives a Pod its grace, which a later delete may only shorten', async () => {
    const cluster = await runningPod();
    const metadata = () => cluster.client.get('pods', 'default', 'p')?.metadata;
    expect((await remove(cluster, 'p')).gone).toBe(false);
    expect(metadata()).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
    await remove(cluster, 'p', { gracePeriodSeconds: 60 });
    expect(metadata()?.deletionGracePeriodSeconds).toBe(30);
    const at = Date.parse(metadata()!.deletionTimestamp!);
    await remove(cluster, 'p', { gracePeriodSeconds: 5 });
    expect(metadata()?.deletionGracePeriodSeconds).toBe(5);
    expect(Date.parse(metadata()!.deletionTimestamp!)).toBe(at - 25_000);
    expect((await remove(cluster, 'p', { gracePeriodSeconds: 0 })).gone).toBe(true);
    expect(metadata()).toBeUndefined();
  });

  it('waits for finalizers, and removes the object with the last one', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'configmaps', { metadata: { name: 'x', finalizers: ['a.b/c'] } });
    const { registry, write, client } = cluster;
    const deleted = await registry.delete(
      target('configmaps', 'x'),
      { propagationPolicy: 'Foreground' },
      write,
    );
    expect(deleted.gone).toBe(false);
    const marked = client.get('configmaps', 'default', 'x')!;
    expect(marked.metadata).toMatchObject({
      finalizers: ['a.b/c', 'foregroundDeletion'],
      deletionGracePeriodSeconds: 0,
    });
    await expect(
      registry.patch(target('configmaps', 'x'), finalizers(['a.b/c', 'new/one']), write),
    ).rejects.toThrow('no new finalizers can be added if the object is being deleted');
    await registry.patch(target('configmaps', 'x'), finalizers([]), write);
    expect(client.get('configmaps', 'default', 'x')).toBeUndefined();
  });

  it('leaves everything in a dry run', async () => {
    const cluster = await runningPod();
    const before = cluster.store.revision;
    await cluster.registry.delete(target('pods', 'p'), {}, { ...cluster.write, dryRun: true });
    await remove(cluster, 'p', { dryRun: ['All'] });
    expect(cluster.store.revision).toBe(before);
  });

  it('keeps a namespace until it is finalized, and lets nothing new in', async () => {
    const cluster = await testRegistry();
    const { registry, write, client } = cluster;
    await create(cluster, 'namespaces', { metadata: { name: 'team' } });
    await client.delete('namespaces', '', 'team');
    const terminating = client.get('namespaces', '', 'team')!;
    expect(terminating).toMatchObject({
      status: { phase: 'Terminating' },
      spec: { finalizers: ['kubernetes'] },
    });
    const where = { ...target('configmaps'), namespace: 'team' };
    const { name: _name, ...unnamed } = where;
    await expect(registry.create(unnamed, { metadata: { name: 'late' } }, write)).rejects.toThrow(
      'configmaps "late" is forbidden: unable to create new content in namespace team because it is being terminated',
    );
    await client.finalize({ ...terminating, spec: {} });
    expect(client.get('namespaces', '', 'team')).toBeUndefined();
  });

  it('removes what a collection lists, and gives out what it removed', async () => {
    const cluster = await testRegistry();
    for (const name of ['a', 'b', 'c']) {
      await create(cluster, 'configmaps', { metadata: { name, labels: { name } } });
    }
    const { registry, write, client } = cluster;
    const where = target('configmaps');
    const { entries } = await registry.deleteCollection(where, { labelSelector: 'name!=b' }, {}, write);
    expect(entries.map(({ object }) => object.metadata.name)).toEqual(['a', 'c']);
    expect(client.list('configmaps').map(({ metadata }) => metadata.name)).toEqual(['b']);
  });
});
