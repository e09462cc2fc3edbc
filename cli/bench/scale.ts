/** What a thousand Services cost: how soon a change is in every node's rules, a full resync, and a connection's first packet. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedPodlabCluster } from '../testing/index.ts';
import { execIn } from '../cluster/exec.ts';
import { median, type Result } from './measure.ts';
import type { Pair } from './services.ts';

const NAMESPACE = 'bench-scale';
const SERVICES = 1000;
const ENDPOINTS = 10;
const CHANGES = 200;
/** Milliseconds between two changes. */
const PAUSE = 100;
const CONNECTIONS = 16;

export async function benchScale(cluster: StartedPodlabCluster, pair: Pair): Promise<Result[]> {
  const few = await connectTimes(pair);
  await makeServices(cluster);
  await settled(cluster);
  const many = await connectTimes(pair);
  const changes = await changeDelays(cluster);
  const at = `at ${SERVICES} Services`;
  return [
    {
      what: `first packet ${at}`,
      value: many.through / many.straight,
      unit: '×',
      beside: { what: 'at one Service', value: few.through / few.straight },
    },
    {
      what: `an endpoint's change is in every node's rules ${at} (median)`,
      value: median(changes),
      unit: 'ms',
    },
    { what: `an endpoint's change is in every node's rules ${at} (p99)`, value: p99(changes), unit: 'ms' },
    { what: `full resync ${at}`, value: await resyncTime(cluster), unit: 'ms' },
  ];
}

const p99 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;

/** Runs in the client's Pod: median milliseconds until a connection is there, to two addresses in turn. */
const CONNECT = `
const { connect } = require('node:net');
const hosts = process.argv.slice(1);
const times = hosts.map(() => []);
const once = (host) => new Promise((resolve, reject) => {
  const start = process.hrtime.bigint();
  const socket = connect(80, host, () => {
    resolve(Number(process.hrtime.bigint() - start) / 1e6);
    socket.resetAndDestroy();
  });
  socket.on('error', reject);
});
const main = async () => {
  for (let n = 0; n < 600; n++) for (const [index, host] of hosts.entries()) times[index].push(await once(host));
  console.log(JSON.stringify(times.map((all) => all.slice(100).sort((a, b) => a - b)[250])));
};
main().then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

async function connectTimes(pair: Pair): Promise<{ straight: number; through: number }> {
  const [straight, through] = JSON.parse(await pair.run(CONNECT, pair.podIp, pair.clusterIp)) as [
    number,
    number,
  ];
  return { straight, through };
}

const address = (number: number): string => `10.250.${number >> 8}.${number & 255}`;

const endpoints = (service: number, changed?: string) =>
  Array.from({ length: ENDPOINTS }, (_, index) => ({
    addresses: [index === 0 && changed !== undefined ? changed : address(service * ENDPOINTS + index)],
    conditions: { ready: true },
  }));

async function makeServices(cluster: StartedPodlabCluster): Promise<void> {
  const call = async (path: string, body: object): Promise<void> => {
    const answer = await cluster.api.call('POST', path, { body });
    if (answer.status >= 300) throw new Error(`POST ${path} answers ${answer.status}`);
  };
  await call('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let service = next++; service < SERVICES; service = next++) {
      const name = `s${service}`;
      await call(`/api/v1/namespaces/${NAMESPACE}/services`, {
        metadata: { name },
        spec: { ports: [{ port: 80, targetPort: 8080 }] },
      });
      await call(SLICES, {
        metadata: { name, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
        endpoints: endpoints(service),
      });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

const SLICES = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;

/** Until every node's rules name the last endpoint. */
async function settled(cluster: StartedPodlabCluster): Promise<void> {
  const last = address(SERVICES * ENDPOINTS - 1);
  for (const node of cluster.nodes) {
    for (let tries = 0; (await rulesNaming(cluster, node, last)) === 0; tries++) {
      if (tries > 100) throw new Error(`${node} has no rule for ${last}`);
      await sleep(200);
    }
  }
}

async function rulesNaming(cluster: StartedPodlabCluster, node: string, text: string): Promise<number> {
  const script = `nft list ruleset | grep -c 'dnat.*${text}'`;
  const { stdout } = await cluster.execOnNode(node, ['sh', '-c', script]);
  return Number(stdout);
}

/**
 * Runs on a node: prints when the kernel told of each address of `10.251.0.0/16` in a rule, as milliseconds since the epoch, until it has seen as many
 * as it was told.
 */
const MONITOR = `
const { spawn } = require('node:child_process');
const wanted = Number(process.argv[1]);
const seen = new Map();
const monitor = spawn('nft', ['monitor', 'new'], { stdio: ['ignore', 'pipe', 'inherit'] });
let rest = '';
const finish = () => { monitor.kill(); process.stdout.write(JSON.stringify([...seen]), () => process.exit(0)); };
monitor.stdout.on('data', (chunk) => {
  const now = performance.timeOrigin + performance.now();
  rest += chunk;
  const lines = rest.split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const found = /dnat.* (10\\.251\\.\\d+\\.\\d+)/.exec(line);
    if (found !== null && !seen.has(found[1])) seen.set(found[1], now);
  }
  if (seen.size >= wanted) finish();
});
setTimeout(finish, 60_000);
`;

/** Milliseconds from sending a changed EndpointSlice to the last node's rules, of each change. */
async function changeDelays(cluster: StartedPodlabCluster): Promise<number[]> {
  const monitors = cluster.nodes.map((node) =>
    execIn(cluster.nodeContainer(node), ['node', '-e', MONITOR, '--', String(CHANGES)]),
  );
  await sleep(1500);
  const sent = new Map<string, number>();
  for (let change = 0; change < CHANGES; change++) {
    const service = (change * 37) % SERVICES;
    const changed = `10.251.${change >> 8}.${change & 255}`;
    sent.set(changed, performance.timeOrigin + performance.now());
    await cluster.api.call('PATCH', `${SLICES}/s${service}`, {
      body: { endpoints: endpoints(service, changed) },
      contentType: 'application/merge-patch+json',
    });
    await sleep(PAUSE);
  }
  const seen = (await Promise.all(monitors)).map(
    ({ stdout }) => new Map(JSON.parse(stdout) as [string, number][]),
  );
  return [...sent].map(([changed, start]) => {
    const times = seen.map((node) => node.get(changed));
    if (times.includes(undefined)) throw new Error(`${changed} did not reach every node's rules`);
    return Math.max(...times.map((time) => (time ?? 0) - start));
  });
}

/** Runs on a node: removes the proxy's table, and prints how many milliseconds later it is there again as a whole. */
const RESYNC = `
const { spawnSync } = require('node:child_process');
const nft = (...args) => spawnSync('nft', args, { encoding: 'utf8' });
const tables = nft('list', 'tables').stdout.split('\\n').filter((line) => line.includes('podlab-proxy'));
for (const table of tables) nft('delete', ...table.split(' '));
const start = performance.now();
const there = () => nft('list', 'tables').stdout.split('\\n').filter((line) => line.includes('podlab-proxy')).length;
while (there() < tables.length && performance.now() - start < 60_000);
console.log(performance.now() - start);
`;

async function resyncTime(cluster: StartedPodlabCluster): Promise<number> {
  const [node = ''] = cluster.nodes;
  const { stdout, stderr } = await cluster.execOnNode(node, ['node', '-e', RESYNC]);
  const time = Number(stdout);
  const last = address(SERVICES * ENDPOINTS - 1);
  if (!(time > 0) || (await rulesNaming(cluster, node, last)) === 0)
    throw new Error(`${node} did not write its table again: ${stderr}`);
  return time;
}
