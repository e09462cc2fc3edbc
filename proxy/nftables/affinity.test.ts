import { expect, test } from 'vitest';
import { parseAffinity, restoreAffinity } from './affinity.ts';
import { NFT_FAMILIES } from './names.ts';

const set = (changes: object): object => ({
  set: { family: 'ip', table: 'podlab-proxy', name: 'affinity-60s-web__10.244.1.5/8080', ...changes },
});
const client = (val: string, expires: number): object => ({ elem: { val, expires } });
const listed = (...sets: readonly object[]): string =>
  JSON.stringify({ nftables: [{ metainfo: {} }, ...sets] });

test('clients are put back for as long as they were to be remembered', () => {
  const sets = parseAffinity(listed(set({ elem: [client('10.244.1.7', 34), client('10.244.1.8', 0)] })));
  const existing = new Set(['affinity-60s-web__10.244.1.5/8080']);
  expect(restoreAffinity(NFT_FAMILIES.IPv4, sets, existing)).toEqual([
    'add element ip podlab-proxy affinity-60s-web__10.244.1.5/8080 { 10.244.1.7 expires 34s, 10.244.1.8 expires 1s }',
  ]);
  expect(restoreAffinity(NFT_FAMILIES.IPv4, sets, new Set())).toEqual([]);
});

test('sets that hold no clients, are no clients’ or are others’ are left out', () => {
  const elem = [client('10.244.1.7', 34)];
  expect(
    parseAffinity(listed(set({}), set({ elem, name: 'hairpin' }), set({ elem, table: 'pod-network' }))),
  ).toEqual([]);
});
