/**
 * `npm run bench`: measures this machine's podlab, prints a table and writes JSON (`dist/bench.json`, or the file that is named).
 *
 *   npm run bench -- [FILE]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import Docker from 'dockerode';
import { ensureImages } from '../images/podlab.ts';
import { terminalProgress } from '../progress.ts';
import { PodlabCluster, type ProxyMode, type StartedPodlabCluster } from '../testing/index.ts';
import { VERSION } from '../version.ts';
import { benchApi } from './api.ts';
import { benchMemory } from './memory.ts';
import { milliseconds, table, type Result } from './measure.ts';
import { benchPods } from './pods.ts';
import { benchReverseProxy } from './reverse-proxy/bench.ts';
import { benchScale } from './scale.ts';
import { benchServices, startPair } from './services.ts';

// The clusters are stopped here: no reaper needs to be pulled for that.
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

const file = process.argv[2] ?? join(import.meta.dirname, '..', '..', 'dist', 'bench.json');
const progress = terminalProgress(process.stderr);
const image = await ensureImages(new Docker(), progress);
const results: Result[] = [];

progress.step('measuring userspace HTTP beside nginx');
results.push(...(await benchReverseProxy(new Docker())));

await withCluster('nftables', async (cluster, startMs) => {
  results.push({ what: 'start to three nodes Ready', value: startMs / 1000, unit: 's' });
  // Before the machine's own load of the other measurements: what a cluster takes that nobody uses.
  results.push(...(await benchMemory(cluster)));
  progress.step('measuring Pods');
  results.push(...(await benchPods(cluster, image)));
  progress.step('measuring the API');
  results.push(...(await benchApi(cluster)));
  progress.step('measuring Services');
  const pair = await startPair(cluster, image);
  results.push(...(await benchServices(pair, 'nftables')));
  progress.step('measuring a thousand Services');
  results.push(...(await benchScale(cluster, pair)));
});
await withCluster('userspace', async (cluster) => {
  progress.step('measuring Services in userspace mode');
  results.push(...(await benchServices(await startPair(cluster, image), 'userspace')));
});

console.log(table(results));
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify({ ...machine(), results }, null, 2)}\n`);
progress.step(`written to ${file}`);

async function withCluster(
  mode: ProxyMode,
  work: (cluster: StartedPodlabCluster, startMs: number) => Promise<void>,
): Promise<void> {
  progress.step(`starting a cluster in ${mode} mode`);
  let cluster: StartedPodlabCluster | undefined;
  try {
    const startMs = await milliseconds(async () => {
      cluster = await new PodlabCluster().withNodes(3).withProxyMode(mode).withImage(image).start();
    });
    if (cluster !== undefined) await work(cluster, startMs);
  } finally {
    await cluster?.stop();
  }
}

function machine() {
  const [cpu] = cpus();
  return {
    podlab: VERSION,
    node: process.version,
    time: new Date().toISOString(),
    cpus: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
