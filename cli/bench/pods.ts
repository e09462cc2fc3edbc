/** How fast Pods come, beside the same containers started by hand. */
import type Docker from 'dockerode';
import type { StartedPodlabCluster } from '../testing/index.ts';
import type { WatchEvent } from '../cluster/watch.ts';
import { medianOf, milliseconds, type Result } from './measure.ts';

const IMAGE = 'nginx:alpine';
const OTHER_IMAGE = 'nginx:1.14.0-alpine';
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const RUNS = 5;
const TEN = 10;

export async function benchPods(cluster: StartedPodlabCluster, pauseImage: string): Promise<Result[]> {
  const { docker } = cluster;
  const onePod = await medianOf(RUNS, (run) => timePod(cluster, `bench-${run}`));
  const rawOne = await medianOf(RUNS, () => timeRaw(docker, pauseImage, 1));
  const ten = await medianOf(3, (run) => timeDeployment(cluster, `ten-${run}`));
  const rawTen = await medianOf(3, () => timeRaw(docker, pauseImage, TEN));
  const rolling = await timeRolling(cluster);
  return [
    { what: 'one Pod Ready', value: onePod, unit: 'ms', beside: { what: 'raw Docker', value: rawOne } },
    { what: 'ten replicas Ready', value: ten, unit: 'ms', beside: { what: 'raw Docker', value: rawTen } },
    { what: 'ten replicas to a new image', value: rolling / 1000, unit: 's' },
  ];
}

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: IMAGE }] },
});

async function timePod(cluster: StartedPodlabCluster, name: string): Promise<number> {
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: template(name).spec };
  const isReady = (event: WatchEvent) => {
    const pod = event.object as { metadata: { name: string }; status?: Conditions };
    return pod.metadata.name === name && holds(pod.status, 'Ready');
  };
  const took = await timeUntil(cluster, PODS, isReady, () => cluster.api.call('POST', PODS, { body }));
  await remove(cluster, `${PODS}/${name}`);
  return took;
}

async function timeDeployment(cluster: StartedPodlabCluster, name: string): Promise<number> {
  const took = await timeUntil(cluster, DEPLOYMENTS, allReady(name), () => create(cluster, name));
  await remove(cluster, `${DEPLOYMENTS}/${name}`);
  return took;
}

async function timeRolling(cluster: StartedPodlabCluster): Promise<number> {
  const name = 'rolling';
  await timeUntil(cluster, DEPLOYMENTS, allReady(name), () => create(cluster, name));
  const body = { spec: { template: { spec: { containers: [{ name: 'web', image: OTHER_IMAGE }] } } } };
  const contentType = 'application/strategic-merge-patch+json';
  const took = await milliseconds(async () => {
    await cluster.api.call('PATCH', `${DEPLOYMENTS}/${name}`, { body, contentType });
    await cluster.waitForRollout('default', name);
  });
  await remove(cluster, `${DEPLOYMENTS}/${name}`);
  return took;
}

async function create(cluster: StartedPodlabCluster, name: string): Promise<void> {
  const spec = { replicas: TEN, selector: { matchLabels: { app: name } }, template: template(name) };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
  await cluster.api.call('POST', DEPLOYMENTS, { body });
}

const allReady = (name: string) => (event: WatchEvent) => {
  const one = event.object as { metadata: { name: string }; status?: { readyReplicas?: number } };
  return one.metadata.name === name && one.status?.readyReplicas === TEN;
};

/** Milliseconds from `act` until an event of the watch is the one that is waited for. */
async function timeUntil(
  cluster: StartedPodlabCluster,
  path: string,
  isIt: (event: WatchEvent) => boolean,
  act: () => Promise<unknown>,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = await cluster.api.watch(path, (event) => {
    if (isIt(event)) resolve();
  });
  const took = await milliseconds(async () => {
    await act();
    await promise;
  });
  watch.stop();
  return took;
}

/** Deletes and waits until no Pod is left, so that the next measurement starts on a quiet machine. */
async function remove(cluster: StartedPodlabCluster, path: string): Promise<void> {
  await cluster.api.call('DELETE', path, { body: { propagationPolicy: 'Background' } });
  for (;;) {
    const { body } = await cluster.api.call('GET', PODS);
    if ((body as { items: unknown[] }).items.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Conditions {
  conditions?: { type: string; status: string }[];
}

const holds = (status: Conditions | undefined, type: string): boolean =>
  status?.conditions?.some((one) => one.type === type && one.status === 'True') === true;

/** Creates and starts `count` times what a Pod is on the engine: a sandbox, and a container in its namespaces. */
async function timeRaw(docker: Docker, pauseImage: string, count: number): Promise<number> {
  const made: Docker.Container[] = [];
  const start = async (options: Docker.ContainerCreateOptions) => {
    const container = await docker.createContainer({ ...options, Labels: { 'io.podlab.bench': 'raw' } });
    made.push(container);
    await container.start();
    return container.id;
  };
  const pair = async () => {
    const pause = await start({
      Image: pauseImage,
      Cmd: ['sleep', 'infinity'],
      HostConfig: { NetworkMode: 'none', IpcMode: 'shareable' },
    });
    await start({
      Image: IMAGE,
      HostConfig: { NetworkMode: `container:${pause}`, IpcMode: `container:${pause}` },
    });
  };
  try {
    return await milliseconds(() => Promise.all(Array.from({ length: count }, pair)));
  } finally {
    await Promise.all(made.map((container) => container.remove({ force: true })));
  }
}
