/** Requests through a Service, beside the same client straight to the Pod. */
import type { StartedPodlabCluster } from '../testing/index.ts';
import { execIn } from '../cluster/exec.ts';
import { LABEL_CLUSTER, LABEL_CONTAINER_NAME, LABEL_POD_NAME } from '#api/names.ts';
import { median, type Result } from './measure.ts';

const ROUNDS = 3;
const SECONDS = 2;

/** Runs in the client's Pod: prints requests per second. Arguments: URL, connections, seconds, whether connections are kept. */
const CLIENT = `
const { request, Agent } = require('node:http');
const [url, connections, seconds, keep] = process.argv.slice(1);
const agent = new Agent({ keepAlive: keep === 'keep', maxSockets: Number(connections) });
let done = 0;
const end = Date.now() + seconds * 1000;
const one = () => new Promise((resolve, reject) => {
  const asked = request(url, { agent }, (response) => {
    if (response.statusCode !== 200) reject(new Error('status ' + response.statusCode));
    response.resume();
    response.on('end', resolve);
  });
  asked.on('error', reject);
  asked.end();
});
const worker = async () => { while (Date.now() < end) { await one(); done++; } };
Promise.all(Array.from({ length: Number(connections) }, worker)).then(() => {
  console.log(done / seconds);
  process.exit(0);
}, (error) => { console.error(error.message); process.exit(1); });
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

export async function benchServices(
  cluster: StartedPodlabCluster,
  image: string,
  mode: string,
): Promise<Result[]> {
  await cluster.apply(manifest(image, cluster.nodes));
  const podIp = await addressOf(cluster, '/api/v1/namespaces/default/pods/server', ['status', 'podIP']);
  await addressOf(cluster, '/api/v1/namespaces/default/pods/client', ['status', 'podIP']);
  const clusterIp = await addressOf(cluster, '/api/v1/namespaces/default/services/server', [
    'spec',
    'clusterIP',
  ]);
  await requestsPerSecond(cluster, clusterIp, 'keep');
  const results: Result[] = [];
  for (const [keep, words] of [
    ['keep', 'kept connections'],
    ['new', 'a connection each'],
  ] as const) {
    const straight: number[] = [];
    const through: number[] = [];
    // In turn, so that what else the machine does meets both.
    for (let round = 0; round < ROUNDS; round++) {
      straight.push(await requestsPerSecond(cluster, podIp, keep));
      through.push(await requestsPerSecond(cluster, clusterIp, keep));
    }
    const beside = { what: 'to the Pod', value: median(straight) };
    results.push({ what: `ClusterIP, ${mode}, ${words}`, value: median(through), unit: '/s', beside });
  }
  return results;
}

async function requestsPerSecond(
  cluster: StartedPodlabCluster,
  address: string,
  keep: string,
): Promise<number> {
  const container = await clientContainer(cluster);
  const command = ['node', '-e', CLIENT, `http://${address}/`, '8', String(SECONDS), keep];
  const { code, stdout, stderr } = await execIn(container, command);
  if (code !== 0) throw new Error(`the client ended with ${code}: ${stderr}`);
  return Number(stdout);
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
