import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { openStore } from './sqlite-store.ts';
import { configMap, describeStore, keyOf } from './store-contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'store-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const newPath = (): string => join(directory, `${files++}.db`);

describeStore('openStore', () => openStore({ path: newPath() }));

test('everything is there again after closing, and the revision goes on', async () => {
  const path = newPath();
  const first = await openStore({ path });
  await first.write(keyOf('a'), () => configMap('a', { x: '1' }));
  await first.write(keyOf('b'), () => configMap('b'));
  await first.write(keyOf('b'), () => null);
  const before = first.get(keyOf('a'));
  await first.close();

  const second = await openStore({ path });
  expect(second.revision).toBe(3);
  expect(second.list('configmaps')).toEqual([before]);
  expect(Object.isFrozen(second.list('configmaps')[0]?.object['data'])).toBe(true);
  expect((await second.write(keyOf('c'), () => configMap('c')))?.revision).toBe(4);
  expect(() => second.watch({ resource: 'configmaps', since: 2 }, () => {})).toThrow(
    'too old resource version: 2 (3)',
  );
  await second.close();
});

test('a file that is open elsewhere, foreign, damaged or of a newer version is refused', async () => {
  const path = newPath();
  const store = await openStore({ path });
  await expect(openStore({ path })).rejects.toThrow(
    `cannot open the store ${path}: another process has it open`,
  );
  await store.close();

  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 2');
  newer.close();
  await expect(openStore({ path })).rejects.toThrow(
    'its schema has version 2, and this podlab knows version 1: run the podlab that wrote it',
  );

  const foreign = newPath();
  const other = new DatabaseSync(foreign);
  other.exec('CREATE TABLE customers (id INTEGER)');
  other.close();
  await expect(openStore({ path: foreign })).rejects.toThrow('it is a database of another application');

  const text = newPath();
  writeFileSync(text, 'not a database at all, but long enough to be taken for one'.repeat(20));
  await expect(openStore({ path: text })).rejects.toThrow(
    `cannot open the store ${text}: file is not a database`,
  );

  await expect(openStore({ path: join(directory, 'no', 'such', 'dir') })).rejects.toThrow(
    'cannot open the store',
  );
});

/** Starts the writer, kills it after some milliseconds of writing, and returns the last revision that it was told is durable. */
function writeUntilKilled(path: string, milliseconds: number): Promise<number> {
  const child = fork(join(import.meta.dirname, 'crash-writer.ts'), [path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let acknowledged = 0;
  return new Promise((resolve, reject) => {
    child.once('message', () => setTimeout(() => child.kill('SIGKILL'), milliseconds));
    child.on('message', (revision: number) => (acknowledged = revision));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve(acknowledged) : reject(new Error(`the writer ended with ${code}`)),
    );
  });
}

test('after SIGKILL at any moment, exactly the changes up to one revision are there, and all acknowledged ones', async () => {
  const path = newPath();
  for (let round = 0; round < 4; round++) {
    const acknowledged = await writeUntilKilled(path, Math.random() * 60);
    const store = await openStore({ path });
    expect(acknowledged).toBeGreaterThan(0);
    expect(store.revision).toBeGreaterThanOrEqual(acknowledged);
    // The writer's change number n is revision n, of the key n mod 7, and every tenth is a removal.
    for (let key = 0; key < 7; key++) {
      let last = store.revision;
      while (last % 7 !== key) last--;
      const entry = store.get(keyOf(`key-${key}`));
      if (last % 10 === 0 || last <= 0) expect(entry).toBeUndefined();
      else expect(entry?.object['data']).toEqual({ n: String(last), filler: 'x'.repeat(last % 5000) });
    }
    await store.close();
  }
});
