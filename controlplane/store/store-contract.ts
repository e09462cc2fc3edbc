import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '#api/resources.ts';
import { RevisionExpired, type Entry, type Key, type Store, type StoreEvent } from './store.ts';

export const keyOf = (name: string, namespace = 'ns'): Key => ({ resource: 'configmaps', namespace, name });

/** A ConfigMap as the registry would give it to the store. */
export const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '', creationTimestamp: '' },
  data,
});

const put = (store: Store, name: string, data: Record<string, string> = {}): Promise<Entry | undefined> =>
  store.write(keyOf(name), () => configMap(name, data));
const remove = (store: Store, name: string): Promise<Entry | undefined> =>
  store.write(keyOf(name), () => null);
const names = (entries: readonly Entry[]): string[] => entries.map((entry) => entry.object.metadata.name);
const brief = (event: StoreEvent): string => `${event.type} ${event.key.name} ${event.entry.revision}`;

/** What every store promises (`store.ts`). `open` gives an empty one. */
export function describeStore(title: string, open: () => Promise<Store>): void {
  describe(title, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('each change takes the next revision, over all resources, and is stamped with it', async () => {
      const first = await put(store, 'a');
      const second = await store.write({ resource: 'nodes', namespace: '', name: 'n' }, () => configMap('n'));
      const third = await put(store, 'a', { x: '1' });
      expect([first, second, third].map((entry) => entry?.revision)).toEqual([1, 2, 3]);
      expect(third?.object.metadata.resourceVersion).toBe('3');
      expect(JSON.parse(third?.json ?? '')).toEqual(third?.object);
      expect(store.revision).toBe(3);
      expect(store.get(keyOf('a'))).toBe(third);
    });

    test('a decision sees writes that are not durable yet; readers do not', async () => {
      const seen: (string | undefined)[] = [];
      const writes = ['1', '2', '3'].map((x) =>
        store.write(keyOf('a'), (current) => {
          seen.push((current?.['data'] as Record<string, string> | undefined)?.['x']);
          return configMap('a', { x });
        }),
      );
      expect(seen).toEqual([undefined, '1', '2']);
      expect(store.get(keyOf('a'))).toBeUndefined();
      expect(store.revision).toBe(0);
      const entries = await Promise.all(writes);
      expect(entries.map((entry) => entry?.revision)).toEqual([1, 2, 3]);
      expect(store.get(keyOf('a'))).toBe(entries[2]);
    });

    test('a decision sees a removal that is not durable yet', async () => {
      await put(store, 'a');
      const removal = remove(store, 'a');
      const seen = await new Promise((resolve) => {
        void store.write(keyOf('a'), (current) => {
          resolve(current);
          return undefined;
        });
      });
      expect(seen).toBeUndefined();
      await removal;
    });

    test('what a decision throws rejects the write and changes nothing', async () => {
      await put(store, 'a', { x: '1' });
      const refused = store.write(keyOf('a'), () => {
        throw new Error('stale');
      });
      await expect(refused).rejects.toThrow('stale');
      expect(store.revision).toBe(1);
      expect((await put(store, 'a', { x: '2' }))?.revision).toBe(2);
    });

    test('a removal resolves with the object as it was, stamped with the revision of its removal', async () => {
      await put(store, 'a', { x: '1' });
      const removed = await remove(store, 'a');
      expect(removed?.object).toMatchObject({ metadata: { resourceVersion: '2' }, data: { x: '1' } });
      expect(store.get(keyOf('a'))).toBeUndefined();
      expect(await remove(store, 'a')).toBeUndefined();
      expect(store.revision).toBe(2);
    });

    test('to decide for no change, or for what is there already, changes nothing and resolves with the entry', async () => {
      const events: string[] = [];
      store.watch({ resource: 'configmaps' }, (event) => events.push(brief(event)));
      const first = await put(store, 'a', { x: '1' });
      expect(await store.write(keyOf('a'), () => undefined)).toBe(first);
      expect(await put(store, 'a', { x: '1' })).toBe(first);
      expect(await store.write(keyOf('b'), () => undefined)).toBeUndefined();
      expect(store.revision).toBe(1);
      expect(events).toEqual(['ADDED a 1']);
    });

    test('no change on top of a pending write waits until that is durable', async () => {
      const order: string[] = [];
      const first = put(store, 'a').then(() => order.push('write'));
      const second = store
        .write(keyOf('a'), () => undefined)
        .then((entry) => order.push(`none ${entry?.revision}`));
      await Promise.all([first, second]);
      expect(order).toEqual(['write', 'none 1']);
    });

    test('objects that it gives out are frozen, all the way down', async () => {
      const entry = await put(store, 'a', { x: '1' });
      expect(() => Object.assign(entry!.object['data'] as object, { x: '2' })).toThrow(TypeError);
      expect(() => Object.assign(entry!.object.metadata, { name: 'b' })).toThrow(TypeError);
    });

    test('lists are in the order of namespace and name, and do not change once given out', async () => {
      for (const [namespace, name] of [
        ['b', 'x'],
        ['a-b', 'y'],
        ['a', 'z'],
        ['a', 'b'],
        ['a', 'a-b'],
      ] as const) {
        await store.write(keyOf(name, namespace), () => configMap(name));
      }
      const all = store.list('configmaps');
      expect(names(all)).toEqual(['a-b', 'b', 'z', 'y', 'x']);
      expect(names(store.list('configmaps', 'a'))).toEqual(['a-b', 'b', 'z']);
      expect(store.list('configmaps', 'c')).toEqual([]);
      expect(store.list('pods')).toEqual([]);
      await store.write(keyOf('b', 'a'), () => null);
      await store.write(keyOf('z', 'a'), () => configMap('changed'));
      await store.write(keyOf('c', 'a'), () => configMap('c'));
      expect(names(all)).toEqual(['a-b', 'b', 'z', 'y', 'x']);
      expect(names(store.list('configmaps'))).toEqual(['a-b', 'c', 'changed', 'y', 'x']);
    });

    test('a watcher gets each change from its start on once, in order, when readers see it', async () => {
      await put(store, 'before');
      const events: string[] = [];
      const stop = store.watch({ resource: 'configmaps', namespace: 'ns' }, (event) => {
        events.push(brief(event));
        if (event.type !== 'DELETED')
          expect(store.get(event.key)?.revision).toBeGreaterThanOrEqual(event.entry.revision);
        expect(event.previous?.revision).toBe(event.type === 'ADDED' ? undefined : 2);
      });
      void put(store, 'a');
      await store.write({ resource: 'pods', namespace: 'ns', name: 'p' }, () => configMap('p'));
      await store.write(keyOf('other', 'elsewhere'), () => configMap('other'));
      await put(store, 'a', { x: '1' });
      expect(events).toEqual(['ADDED a 2', 'MODIFIED a 5']);
      stop();
      await remove(store, 'a');
      expect(events).toHaveLength(2);
    });

    test('a watcher may start in the past', async () => {
      await put(store, 'a');
      await put(store, 'b');
      await remove(store, 'a');
      const events: string[] = [];
      store.watch({ resource: 'configmaps', since: 1 }, (event) => events.push(brief(event)));
      expect(events).toEqual(['ADDED b 2', 'DELETED a 3']);
      await put(store, 'c');
      expect(events).toEqual(['ADDED b 2', 'DELETED a 3', 'ADDED c 4']);
    });

    test('a watcher that starts while others are told does not get what it has seen already', async () => {
      const events: string[] = [];
      const stop = store.watch({ resource: 'configmaps' }, () => {
        stop();
        expect(names(store.list('configmaps'))).toEqual(['a', 'b']);
        store.watch({ resource: 'configmaps' }, (event) => events.push(brief(event)));
      });
      await Promise.all([put(store, 'a'), put(store, 'b')]);
      await put(store, 'c');
      expect(events).toEqual(['ADDED c 3']);
    });

    test('a watcher that writes has its change told after the one at hand', async () => {
      const events: string[] = [];
      store.watch({ resource: 'configmaps' }, (event) => {
        events.push(brief(event));
        if (event.key.name === 'a') void put(store, 'c');
      });
      await Promise.all([put(store, 'a'), put(store, 'b')]);
      await nextTurn();
      await nextTurn();
      expect(events).toEqual(['ADDED a 1', 'ADDED b 2', 'ADDED c 3']);
    });

    test('a revision that is too old is refused, with the oldest that is not', async () => {
      const big = 'x'.repeat(100);
      for (let i = 0; i < 11_500; i++) void put(store, 'a', { big, i: String(i) });
      await put(store, 'b');
      expect(() => store.watch({ resource: 'configmaps', since: 1 }, () => {})).toThrow(RevisionExpired);
      let oldest = 0;
      try {
        store.watch({ resource: 'configmaps', since: 1 }, () => {});
      } catch (error) {
        oldest = (error as RevisionExpired).oldest;
      }
      expect(oldest).toBeLessThanOrEqual(store.revision - 10_000);
      const revisions: number[] = [];
      store.watch({ resource: 'configmaps', since: oldest }, (event) => revisions.push(event.entry.revision));
      expect(revisions[0]).toBe(oldest + 1);
      expect(revisions).toHaveLength(store.revision - oldest);
    });

    test('close waits for what was accepted and refuses what comes after', async () => {
      const accepted = put(store, 'a');
      await store.close();
      expect((await accepted)?.revision).toBe(1);
      await expect(put(store, 'b')).rejects.toThrow('the store is closed');
    });

    test('however writes come, the lists are those of a sorted map', async () => {
      const step = fc.record({
        name: fc.constantFrom('a', 'b', 'b-c', 'd', 'e0'),
        drop: fc.boolean(),
        wait: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const fresh = await open();
          const model = new Set<string>();
          for (const { name, drop, wait } of steps) {
            const write = drop ? remove(fresh, name) : put(fresh, name);
            if (drop) model.delete(name);
            else model.add(name);
            if (wait) await write;
          }
          await fresh.write(keyOf('none'), () => undefined);
          await nextTurn();
          expect(names(fresh.list('configmaps'))).toEqual([...model].sort());
          await fresh.close();
        }),
        { numRuns: 40 },
      );
    });
  });
}
