/** How fast the REST API is. */
import type { StartedPodlabCluster } from '../testing/index.ts';
import { median, rate, type Result } from './measure.ts';

const NAMESPACE = 'bench-api';
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const CONNECTIONS = 16;
const SECONDS = 3;
const LISTED = 2000;
const WATCHERS = 1000;

export async function benchApi(cluster: StartedPodlabCluster): Promise<Result[]> {
  const { api } = cluster;
  const call = async (method: string, path: string, body?: unknown, contentType?: string) => {
    const answer = await api.call(method, path, {
      body,
      ...(contentType === undefined ? {} : { contentType }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} answers ${answer.status}`);
    return answer;
  };
  await call('POST', '/api/v1/namespaces', namespace());
  const creates = await rate(SECONDS, CONNECTIONS, (n) => call('POST', PATH, configMap(`c${n}`)));
  const gets = await rate(SECONDS, CONNECTIONS, (n) => call('GET', `${PATH}/c${n % 100}`));
  const merge = 'application/merge-patch+json';
  const patches = await rate(SECONDS, CONNECTIONS, (n) =>
    call('PATCH', `${PATH}/c${n % 1000}`, patch(n), merge),
  );
  await keepOnly(cluster, LISTED);
  const lists = await rate(SECONDS, CONNECTIONS, () => call('GET', PATH));
  const delay = await watchDelay(cluster, call);
  const cost = await costOfWatchers(cluster, call);
  await call('DELETE', `/api/v1/namespaces/${NAMESPACE}`);
  return [
    { what: 'API creates', value: creates, unit: '/s' },
    { what: 'API gets', value: gets, unit: '/s' },
    { what: 'API patches', value: patches, unit: '/s' },
    { what: `API lists of ${LISTED} ConfigMaps`, value: lists, unit: '/s' },
    { what: 'a watcher hears of a create after', value: delay, unit: 'ms' },
    { what: `${WATCHERS} watchers, each of its own object, cost creates`, value: cost, unit: '%' },
  ];
}

const patch = (n: number) => ({ data: { value: String(n) } });

const namespace = () => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value: 'x'.repeat(200) },
});

/** Creates or deletes until there are just so many objects. */
async function keepOnly(cluster: StartedPodlabCluster, count: number): Promise<void> {
  const { body } = await cluster.api.call('GET', PATH);
  const names = (body as { items: { metadata: { name: string } }[] }).items.map((one) => one.metadata.name);
  await inTurn(names.slice(count), (name) => cluster.api.call('DELETE', `${PATH}/${name}`));
  const missing = Array.from({ length: Math.max(0, count - names.length) }, (_, index) => `more${index}`);
  await inTurn(missing, (name) => cluster.api.call('POST', PATH, { body: configMap(name) }));
}

async function inTurn(todo: string[], work: (name: string) => Promise<unknown>): Promise<void> {
  const worker = async () => {
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) await work(name);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

/** By how many percent creates are slower while as many clients watch as a large cluster has nodes, each for its own part. */
async function costOfWatchers(
  cluster: StartedPodlabCluster,
  call: (method: string, path: string, body: unknown) => Promise<unknown>,
): Promise<number> {
  const create = (prefix: string) =>
    rate(SECONDS, CONNECTIONS, (n) => call('POST', PATH, configMap(`${prefix}${n}`)));
  const without = await create('alone');
  const watches: { stop(): void }[] = [];
  for (let n = 0; n < WATCHERS; n++) {
    watches.push(await cluster.api.watch(`${PATH}?labelSelector=node%3Dn${n}`, () => undefined));
  }
  const withWatchers = await create('watched-by-many');
  for (const watch of watches) watch.stop();
  return Math.max(0, 100 * (1 - withWatchers / without));
}

/** Median milliseconds from sending a create until a watcher has its event. */
async function watchDelay(
  cluster: StartedPodlabCluster,
  call: (method: string, path: string, body: unknown) => Promise<unknown>,
): Promise<number> {
  const sent = new Map<string, number>();
  const delays: number[] = [];
  const watch = await cluster.api.watch(`${PATH}?labelSelector=bench%3Dwatch`, (event) => {
    const start = sent.get((event.object as { metadata: { name: string } }).metadata.name);
    if (event.type === 'ADDED' && start !== undefined) delays.push(performance.now() - start);
  });
  for (let i = 0; i < 100; i++) {
    const name = `watched${i}`;
    const object = configMap(name);
    sent.set(name, performance.now());
    await call('POST', PATH, { ...object, metadata: { name, labels: { bench: 'watch' } } });
  }
  while (delays.length < 100) await new Promise((resolve) => setTimeout(resolve, 10));
  watch.stop();
  return median(delays);
}
