/** The course's Deployment of ten, updated and rolled back while people use it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Watch } from '../cli/cluster/watch.ts';
import { get, imagesOf, useNamespace } from './cluster.ts';
import { constantRequests } from './requests.ts';

const COURSE = join(import.meta.dirname, '..', 'examples', 'course');
const NODE_PORT = 30050;
const REPLICAS = 10;

interface Pod {
  metadata: { name: string; deletionTimestamp?: string; labels?: Record<string, string> };
  status?: { conditions?: { type: string; status: string }[] };
}

interface Deployment {
  metadata: { name: string };
  status?: { replicas?: number; availableReplicas?: number };
}

const lab = useNamespace('rolling');

/** What was seen at every moment of a rollout: the most Pods, the fewest ready and the fewest available ones. */
async function observe(): Promise<{
  stop: () => { most: number; fewestReady: number; fewestAvailable: number };
}> {
  const pods = new Map<string, Pod>();
  const seen = { most: 0, fewestReady: REPLICAS, fewestAvailable: REPLICAS };
  const isReady = (pod: Pod) =>
    pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  const look = () => {
    const living = [...pods.values()].filter((pod) => pod.metadata.deletionTimestamp === undefined);
    if (living.length < REPLICAS - 1) return;
    seen.most = Math.max(seen.most, living.length);
    seen.fewestReady = Math.min(seen.fewestReady, living.filter(isReady).length);
  };
  const watches: Watch[] = [];
  const path = `/api/v1/namespaces/${lab.namespace}/pods?labelSelector=app%3Dhello-world`;
  watches.push(
    await lab.cluster.api.watch(path, (event) => {
      const pod = event.object as Pod;
      if (event.type === 'DELETED') pods.delete(pod.metadata.name);
      else pods.set(pod.metadata.name, pod);
      look();
    }),
  );
  const deployments = `/apis/apps/v1/namespaces/${lab.namespace}/deployments`;
  watches.push(
    await lab.cluster.api.watch(deployments, (event) => {
      const available = (event.object as Deployment).status?.availableReplicas ?? 0;
      seen.fewestAvailable = Math.min(seen.fewestAvailable, available);
    }),
  );
  return {
    stop() {
      for (const watch of watches) watch.stop();
      return seen;
    },
  };
}

async function nodeUrls(): Promise<string[]> {
  const addresses = await Promise.all(lab.cluster.nodes.map((node) => lab.cluster.nodeAddress(node)));
  return addresses.map((address) => `http://${address}:${NODE_PORT}/`);
}

/** Runs `change` and waits for its rollout, under constant requests on the NodePort of every node. */
async function underRequests(change: () => Promise<unknown>) {
  const watching = await observe();
  const requests = constantRequests(await nodeUrls(), 4, 20);
  try {
    await change();
    await lab.kubectl('rollout', 'status', 'deployment', 'hello-deploy', '--timeout=150s');
  } finally {
    const load = await requests.stop();
    const seen = watching.stop();
    expect(load.failures).toEqual([]);
    expect(load.requests).toBeGreaterThan(500);
    expect(seen).toMatchObject({ most: 11 });
    expect(seen.fewestAvailable).toBeGreaterThanOrEqual(9);
    expect(seen.fewestReady).toBeGreaterThanOrEqual(9);
  }
}

describe('rolling update of ten replicas', { timeout: 200_000 }, () => {
  beforeAll(async () => {
    const services = await readFile(join(COURSE, 'services.yaml'), 'utf8');
    await lab.kubectl('apply', '-f', join(COURSE, 'deploy.yaml'));
    await lab.kubectl.withInput(services, 'apply', '-f', '-');
    await lab.kubectl('rollout', 'status', 'deployment', 'hello-deploy', '--timeout=100s');
  });

  afterAll(async () => {
    await lab.kubectl('delete', '-f', join(COURSE, 'services.yaml'));
  });

  it('spreads ten Pods over all nodes', async () => {
    const nodes = await lab.kubectl(
      'get',
      'pods',
      '-l',
      'app=hello-world',
      '-o',
      'jsonpath={range .items[*]}{.spec.nodeName}{"\\n"}{end}',
    );
    const counts = lab.cluster.nodes.map((node) => nodes.split('\n').filter((one) => one === node).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(REPLICAS);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
  });

  it('updates to a new image with not one failed request, never beyond maxSurge and maxUnavailable', async () => {
    await underRequests(() =>
      lab.kubectl('set', 'image', 'deployment/hello-deploy', 'hello-pod=nginx:alpine'),
    );
    expect(await imagesOf(lab.kubectl, 'app=hello-world')).toEqual(['nginx:alpine']);
    const [url = ''] = await nodeUrls();
    expect((await get(url)).image).not.toContain('1.14.0');
  });

  it('rolls back the same way', async () => {
    await underRequests(() => lab.kubectl('rollout', 'undo', 'deployment', 'hello-deploy'));
    expect(await imagesOf(lab.kubectl, 'app=hello-world')).toEqual(['nginx:1.14.0-alpine']);
  });

  it('keeps the history: revision 1 is now 3', async () => {
    const history = await lab.kubectl('rollout', 'history', 'deployment', 'hello-deploy');
    expect(history.trimEnd().split('\n')).toEqual([
      'deployment.apps/hello-deploy ',
      'REVISION  CHANGE-CAUSE',
      '2         <none>',
      '3         <none>',
    ]);
  });
});
