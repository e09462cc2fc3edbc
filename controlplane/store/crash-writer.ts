/** Writes to the store at `argv[2]` until it is killed, and tells its parent the last revision that is durable: for the crash test. */
import { openStore } from './sqlite-store.ts';
import { configMap, keyOf } from './store-contract.ts';

const store = await openStore({ path: process.argv[2]! });

/** Change number n is of the key n mod 7; every tenth is a removal. The key of a removal was written seven changes before. */
function change(n: number): Promise<unknown> {
  const name = `key-${n % 7}`;
  if (n % 10 === 0) return store.write(keyOf(name), () => null);
  return store.write(keyOf(name), () => configMap(name, { n: String(n), filler: 'x'.repeat(n % 5000) }));
}

for (let n = store.revision; ;) {
  const writes: Promise<unknown>[] = [];
  for (let count = Math.ceil(Math.random() * 20); count > 0; count--) writes.push(change(++n));
  await Promise.all(writes);
  process.send!(store.revision);
}
