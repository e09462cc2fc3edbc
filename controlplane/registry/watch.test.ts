import { describe, expect, it } from 'vitest';
import type { WatchEvent, WatchOptions } from './registry.ts';
import { create, target, testRegistry, type TestRegistry } from './test-registry.ts';

const texts = (events: readonly WatchEvent[]): string[] =>
  events.map((event) =>
    event.type === 'BOOKMARK'
      ? `BOOKMARK${event.initial ? ' initial' : ''}`
      : event.type === 'ERROR'
        ? `ERROR ${event.error.message}`
        : `${event.type} ${event.entry.object.metadata.name}`,
  );

function watch({ registry }: TestRegistry, options: WatchOptions) {
  const events: WatchEvent[] = [];
  const stop = registry.watch(target('configmaps'), options, (event) => events.push(event));
  return { events, stop };
}

const label = (cluster: TestRegistry, name: string, value: string | null) =>
  cluster.registry.patch(
    target('configmaps', name),
    { type: 'merge', body: { metadata: { labels: { app: value } } } },
    cluster.write,
  );

describe('watches', () => {
  it('start with what exists, and follow each change', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'configmaps', { metadata: { name: 'a' } });
    const { events, stop } = watch(cluster, {});
    await create(cluster, 'configmaps', { metadata: { name: 'b' } });
    await label(cluster, 'a', 'x');
    await cluster.client.delete('configmaps', 'default', 'b');
    stop();
    await create(cluster, 'configmaps', { metadata: { name: 'c' } });
    expect(texts(events)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  it('start after a version, or say that it is too new', async () => {
    const cluster = await testRegistry();
    const made = await create(cluster, 'configmaps', { metadata: { name: 'a' } });
    await label(cluster, 'a', 'x');
    const { events } = watch(cluster, { resourceVersion: made.metadata.resourceVersion });
    expect(texts(events)).toEqual(['MODIFIED a']);
    expect(() => watch(cluster, { resourceVersion: '999' })).toThrow('Too large resource version');
  });

  it('see an object that leaves the selection as deleted, as it was, with the version of the change', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'configmaps', { metadata: { name: 'a' } });
    const { events } = watch(cluster, { labelSelector: 'app=x' });
    await label(cluster, 'a', 'x');
    const { entry } = await label(cluster, 'a', 'y');
    expect(texts(events)).toEqual(['ADDED a', 'DELETED a']);
    expect(events[1]).toMatchObject({
      entry: {
        object: {
          metadata: { labels: { app: 'x' }, resourceVersion: entry.object.metadata.resourceVersion },
        },
      },
    });
  });

  it('mark the end of the initial events, and send bookmarks when something was written', async () => {
    const cluster = await testRegistry();
    await create(cluster, 'configmaps', { metadata: { name: 'a' } });
    const { events, stop } = watch(cluster, {
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    });
    cluster.clock.advance(120_000);
    expect(texts(events)).toEqual(['ADDED a', 'BOOKMARK initial']);
    await create(cluster, 'secrets', { metadata: { name: 's' } });
    cluster.clock.advance(60_000);
    expect(texts(events).slice(2)).toEqual(['BOOKMARK']);
    stop();
    await create(cluster, 'secrets', { metadata: { name: 't' } });
    cluster.clock.advance(60_000);
    expect(events).toHaveLength(3);
  });

  it('mark the end of the initial events only for clients that take bookmarks', async () => {
    const cluster = await testRegistry();
    const { events } = watch(cluster, { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' });
    expect(texts(events)).toEqual([]);
  });

  it('send a bookmark shortly before their end', async () => {
    const cluster = await testRegistry();
    const { events, stop } = watch(cluster, { allowWatchBookmarks: true, timeoutMilliseconds: 10_000 });
    await create(cluster, 'secrets', { metadata: { name: 's' } });
    cluster.clock.advance(7999);
    expect(events).toEqual([]);
    cluster.clock.advance(1);
    expect(texts(events)).toEqual(['BOOKMARK']);
    stop();
  });
});
