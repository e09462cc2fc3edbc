/** Requests through a Service, beside the same client straight to the Pod, in turn. */
import type { StartedPodlabCluster } from '../testing/index.ts';
import { execIn } from '../cluster/exec.ts';
import { LABEL_CLUSTER, LABEL_CONTAINER_NAME, LABEL_POD_NAME } from '#api/names.ts';
import type { Result } from './measure.ts';

const SECONDS = 8;
const CONNECTIONS = 8;

/**
 * Runs in the client's Pod. Asks both addresses in turn, a quarter of a second each, so that what else the machine does meets both; prints
 * requests per second and the 99th percentile of milliseconds of each. Arguments: two addresses, connections, seconds, whether to keep connections.
 */
const CLIENT = `
const { request, Agent } = require('node:http');
const [first, second, connections, seconds, keep] = process.argv.slice(1);
const SLICE = 250;
const targets = [first, second].map((host) => ({
  host, agent: new Agent({ keepAlive: keep === 'keep', maxSockets: Number(connections) }), times: [], spent: 0,
}));
const one = ({ host, agent, times }) => new Promise((resolve, reject) => {
  const start = performance.now();
  const asked = request({ host, agent }, (response) => {
    if (response.statusCode !== 200) reject(new Error('status ' + response.statusCode));
    response.resume();
    response.on('end', () => { times.push(performance.now() - start); resolve(); });
  });
  asked.on('error', reject);
  asked.end();
});
const slice = async (target) => {
  const start = performance.now();
  const worker = async () => { while (performance.now() - start < SLICE) await one(target); };
  await Promise.all(Array.from({ length: Number(connections) }, worker));
  target.spent += performance.now() - start;
};
const main = async () => {
  for (const target of targets) await slice(target);
  for (const target of targets) Object.assign(target, { times: [], spent: 0 });
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) for (const target of targets) await slice(target);
  console.log(JSON.stringify(targets.map(({ times, spent }) => ({
    perSecond: times.length / spent * 1000,
    p99: times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)],
  }))));
};
main().then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

const manifest = (image: string, nodes: readonly string[]) => `
apiVersion: v1
kind: Pod
metadata: {name: server, labels: {app: server}}
spec:
  nodeName: ${nodes[0]}
  containers: [{name: web, image: 'nginx:alpine'}]
---
apiVersion: v1
kind: Service
metadata: {name: server}
spec: {selector: {app: server}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  nodeName: ${nodes.at(-1)}
  containers: [{name: node, image: '${image}', imagePullPolicy: Never, command: [sleep, infinity]}]
`;

/** A server on the first node and a client on the last one, with the addresses to ask. */
export interface Pair {
  readonly podIp: string;
  readonly clusterIp: string;
  /** Runs a script of Node.js in the client's Pod; resolves with what it printed. */
  run(script: string, ...args: string[]): Promise<string>;
}

export async function startPair(cluster: StartedPodlabCluster, image: string): Promise<Pair> {
  await cluster.apply(manifest(image, cluster.nodes));
  const pods = '/api/v1/namespaces/default/pods';
  const podIp = await addressOf(cluster, `${pods}/server`, ['status', 'podIP']);
  await addressOf(cluster, `${pods}/client`, ['status', 'podIP']);
  const clusterIp = await addressOf(cluster, '/api/v1/namespaces/default/services/server', [
    'spec',
    'clusterIP',
  ]);
  const container = await clientContainer(cluster);
  return {
    podIp,
    clusterIp,
    async run(script, ...args) {
      const { code, stdout, stderr } = await execIn(container, ['node', '-e', script, '--', ...args]);
      if (code !== 0) throw new Error(`the client ended with ${code}: ${stderr}`);
      return stdout;
    },
  };
}

export async function benchServices(pair: Pair, mode: string): Promise<Result[]> {
  const results: Result[] = [];
  for (const [keep, words] of [
    ['keep', 'kept connections'],
    ['new', 'a connection each'],
  ] as const) {
    const printed = await pair.run(
      CLIENT,
      pair.podIp,
      pair.clusterIp,
      String(CONNECTIONS),
      String(SECONDS),
      keep,
    );
    const [straight, through] = JSON.parse(printed) as [Measured, Measured];
    const what = `ClusterIP, ${mode}, ${words}`;
    results.push(
      {
        what: `${what}: requests`,
        value: through.perSecond,
        unit: '/s',
        beside: { what: 'to the Pod', value: straight.perSecond },
      },
      {
        what: `${what}: p99`,
        value: through.p99,
        unit: 'ms',
        beside: { what: 'to the Pod', value: straight.p99 },
      },
    );
  }
  return results;
}

interface Measured {
  readonly perSecond: number;
  readonly p99: number;
}

async function clientContainer(cluster: StartedPodlabCluster) {
  const label = [
    `${LABEL_CLUSTER}=${cluster.name}`,
    `${LABEL_POD_NAME}=client`,
    `${LABEL_CONTAINER_NAME}=node`,
  ];
  const [found] = await cluster.docker.listContainers({ filters: { label } });
  if (found === undefined) throw new Error('the client has no container');
  return cluster.docker.getContainer(found.Id);
}

/** Waits until the object is there and Ready where it is a Pod, and has the field. */
async function addressOf(
  cluster: StartedPodlabCluster,
  path: string,
  [group, field]: [string, string],
): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const { body } = await cluster.api.call('GET', path);
    const object = body as Record<string, Record<string, unknown> | undefined>;
    const conditions = object['status']?.['conditions'] as { type: string; status: string }[] | undefined;
    const ready =
      !path.includes('/pods/') || conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
    const value = object[group]?.[field];
    if (ready === true && typeof value === 'string') return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} is not ready`);
}
