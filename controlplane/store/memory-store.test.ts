import { expect, test } from 'vitest';
import { MemoryStore } from './memory-store.ts';
import { configMap, describeStore, keyOf } from './store-contract.ts';

describeStore('MemoryStore', async () => new MemoryStore());

test('a write that cannot be made durable fails, with all that follow, and is never seen', async () => {
  let full = false;
  let commits = 0;
  const store = new MemoryStore({
    journal: {
      entries: [],
      revision: 0,
      append() {
        if (full) throw new Error('disk full');
        commits++;
      },
      close() {},
    },
  });
  const seen: string[] = [];
  store.watch({ resource: 'configmaps' }, (event) => seen.push(event.key.name));
  await Promise.all([
    store.write(keyOf('a'), () => configMap('a')),
    store.write(keyOf('b'), () => configMap('b')),
  ]);
  expect(commits).toBe(1);

  full = true;
  const refused = store.write(keyOf('c'), () => configMap('c'));
  await expect(refused).rejects.toMatchObject({
    message: 'the store accepts no more writes, because one could not be made durable',
    cause: { message: 'disk full' },
  });
  full = false;
  await expect(store.write(keyOf('d'), () => configMap('d'))).rejects.toThrow('accepts no more writes');
  expect(seen).toEqual(['a', 'b']);
  expect(store.revision).toBe(2);
  expect(store.list('configmaps')).toHaveLength(2);
});

test('a watcher that throws keeps no other from being told', async () => {
  const errors: unknown[] = [];
  const store = new MemoryStore({ onWatcherError: (error) => errors.push(error) });
  const seen: string[] = [];
  store.watch({ resource: 'configmaps' }, () => {
    throw new Error('broken watcher');
  });
  store.watch({ resource: 'configmaps' }, (event) => seen.push(event.key.name));
  await Promise.all([
    store.write(keyOf('a'), () => configMap('a')),
    store.write(keyOf('b'), () => configMap('b')),
  ]);
  expect(seen).toEqual(['a', 'b']);
  expect(errors).toHaveLength(2);
});

test('lists of ten thousand objects are cheap, also between writes', async () => {
  const store = new MemoryStore();
  const writes = Array.from({ length: 10_000 }, (_, i) => {
    const name = `pod-${(i * 7919) % 10_000}`;
    return store.write(keyOf(name, `ns-${i % 20}`), () => configMap(name));
  });
  await Promise.all(writes);
  const start = performance.now();
  for (let i = 0; i < 200; i++) {
    await store.write(keyOf(`late-${i}`), () => configMap(`late-${i}`));
    expect(store.list('configmaps')).toHaveLength(10_001 + i);
    expect(store.list('configmaps', 'ns-7')).toHaveLength(500);
  }
  // Sorting anew for each list would take seconds.
  expect(performance.now() - start).toBeLessThan(1000);
});
