import { describe, expect, it } from 'vitest';
import type { StatusError } from '#api/status.ts';
import { create, target, testRegistry, type TestRegistry } from './test-registry.ts';

const makeConfigMaps = async (cluster: TestRegistry, names: readonly string[]): Promise<void> => {
  for (const name of names) await create(cluster, 'configmaps', { metadata: { name, labels: { name } } });
};

const names = ({ entries }: { entries: readonly { object: { metadata: { name: string } } }[] }): string[] =>
  entries.map(({ object }) => object.metadata.name);

const refusalOf = (list: Promise<unknown>): Promise<StatusError> =>
  list.then(
    () => Promise.reject(new Error('not refused')),
    (error: unknown) => error as StatusError,
  );

describe('lists', () => {
  it('come in parts that show one moment, whatever happens in between', async () => {
    const cluster = await testRegistry();
    await makeConfigMaps(cluster, ['a', 'b', 'c', 'd', 'e']);
    const { registry, client } = cluster;
    const where = target('configmaps');
    const first = await registry.list(where, { limit: 2 });
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.remainingItemCount).toBe(3);

    await client.delete('configmaps', 'default', 'c');
    await makeConfigMaps(cluster, ['ba', 'f']);
    const second = await registry.list(where, { limit: 2, continue: first.continue });
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.resourceVersion).toBe(first.resourceVersion);
    const third = await registry.list(where, { limit: 2, continue: second.continue });
    expect(names(third)).toEqual(['e']);
    expect(third.continue).toBeUndefined();
    expect(names(await registry.list(where, {}))).toEqual(['a', 'b', 'ba', 'd', 'e', 'f']);
  });

  it('end after five minutes with a token that goes on in the newest state', async () => {
    const cluster = await testRegistry();
    await makeConfigMaps(cluster, ['a', 'b', 'c', 'd']);
    const { registry, client, clock } = cluster;
    const where = target('configmaps');
    const first = await registry.list(where, { limit: 2 });
    clock.advance(299_000);
    await client.delete('configmaps', 'default', 'c');
    const again = { limit: 2, continue: first.continue };
    expect(names(await registry.list(where, again))).toEqual(['c', 'd']);
    clock.advance(2000);
    const refusal = await refusalOf(registry.list(where, again));
    expect(refusal.message).toMatch(/^The provided continue parameter is too old to display/);
    const { metadata, ...status } = refusal.toStatus();
    expect(status).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await registry.list(where, { limit: 1, continue: metadata?.continue });
    expect(names(rest)).toEqual(['d']);
    expect(rest.continue).toBeUndefined();
    await expect(
      registry.list(where, { resourceVersion: first.resourceVersion, resourceVersionMatch: 'Exact' }),
    ).rejects.toThrow('The resourceVersion for the provided list is too old.');
  });

  it('refuse a version beside a continue token, and a token that points elsewhere', async () => {
    const cluster = await testRegistry();
    await makeConfigMaps(cluster, ['a', 'b']);
    const { continue: token } = await cluster.registry.list(target('configmaps'), { limit: 1 });
    const list = (options: object) => cluster.registry.list(target('configmaps'), options);
    await expect(list({ continue: token, resourceVersion: '1' })).rejects.toThrow(
      'specifying resource version is not allowed when using continue',
    );
    const start = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start: '../secrets/x' }));
    await expect(list({ continue: start.toString('base64url') })).rejects.toThrow(
      'continue key is not valid: ../secrets/x',
    );
  });

  it('show an exact version of the past, and refuse one of the future', async () => {
    const cluster = await testRegistry();
    await makeConfigMaps(cluster, ['a']);
    const { resourceVersion: then } = await cluster.registry.list(target('configmaps'), {});
    await makeConfigMaps(cluster, ['b']);
    const exact = { resourceVersion: then, resourceVersionMatch: 'Exact' };
    expect(names(await cluster.registry.list(target('configmaps'), exact))).toEqual(['a']);
    const notOlder = { resourceVersion: then, resourceVersionMatch: 'NotOlderThan' };
    expect(names(await cluster.registry.list(target('configmaps'), notOlder))).toEqual(['a', 'b']);
    await expect(cluster.registry.list(target('configmaps'), { resourceVersion: '999' })).rejects.toThrow(
      /^Too large resource version: 999, current: \d+$/,
    );
  });

  it('select by labels and fields, also in parts', async () => {
    const cluster = await testRegistry();
    await makeConfigMaps(cluster, ['a', 'b', 'c', 'd']);
    const list = (options: object) => cluster.registry.list(target('configmaps'), options);
    expect(names(await list({ labelSelector: 'name in (b,d)' }))).toEqual(['b', 'd']);
    expect(names(await list({ fieldSelector: 'metadata.name!=b' }))).toEqual(['a', 'c', 'd']);
    const page = await list({ labelSelector: 'name!=b', limit: 2 });
    expect(names(page)).toEqual(['a', 'c']);
    expect(names(await list({ labelSelector: 'name!=b', limit: 2, continue: page.continue }))).toEqual(['d']);
  });
});
