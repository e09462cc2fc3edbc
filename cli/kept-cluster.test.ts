import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKeptCluster, type KeptCluster } from './kept-cluster.ts';

const log = pino({ level: 'silent' });
const cluster: KeptCluster = {
  podCidrs: ['10.244.1.0/24'],
  clusterPodCidrs: ['10.244.0.0/16'],
  serviceCidrs: ['10.96.0.0/16'],
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
};

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kept-'));
  path = join(directory, 'cluster.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a cluster is known to the next process, and a change of it is told', async () => {
  const first = await openKeptCluster(path, log);
  expect(first.last).toBeUndefined();
  // What else the control plane says is not for the file.
  expect(await first.keep({ ...cluster, node: {} } as KeptCluster)).toBe(true);
  expect(await first.keep(cluster)).toBe(false);
  const second = await openKeptCluster(path, log);
  expect(second.last).toEqual(cluster);
  expect(await second.keep(cluster)).toBe(false);
  expect(await second.keep({ ...cluster, serviceCidrs: ['10.97.0.0/16'] })).toBe(true);
});

test.each([
  '',
  '{',
  '[]',
  'null',
  '{"podCidrs":["10.244.1.0/24"]}',
  JSON.stringify({ ...cluster, clusterDns: [7] }),
])('a file that holds %j counts as none, and is replaced', async (text) => {
  writeFileSync(path, text);
  const kept = await openKeptCluster(path, log);
  expect(kept.last).toBeUndefined();
  expect(await kept.keep(cluster)).toBe(true);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(cluster);
});

test('a place that cannot be written to is no reason to fail', async () => {
  const kept = await openKeptCluster(join(directory, 'missing', 'cluster.json'), log);
  expect(await kept.keep(cluster)).toBe(true);
});
