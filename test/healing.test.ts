/** Nodes and control plane come and go. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { PodlabCluster } from '../cli/testing/index.ts';
import { eventually, get, killProcess, must, useOwnCluster } from './cluster.ts';
import { constantRequests } from './requests.ts';

const EVICTION_SECONDS = 3;
const NODE_PORT = 30083;

const lab = useOwnCluster('healing', () =>
  new PodlabCluster().withNodes(3).withEvictionSeconds(EVICTION_SECONDS),
);

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 2
      containers: [{name: web, image: 'nginx:alpine'}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: ${NODE_PORT}}]}
`;

interface Row {
  name: string;
  node: string;
  ready: boolean;
}

async function pods(): Promise<Row[]> {
  const text = await lab.kubectl('get', 'pods', '-l', 'app=web', '-o', 'json');
  const { items } = JSON.parse(text) as {
    items: {
      metadata: { name: string; deletionTimestamp?: string };
      spec: { nodeName?: string };
      status?: { conditions?: { type: string; status: string }[] };
    }[];
  };
  return items
    .filter((pod) => pod.metadata.deletionTimestamp === undefined)
    .map((pod) => ({
      name: pod.metadata.name,
      node: pod.spec.nodeName ?? '',
      ready: pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true,
    }));
}

async function nodeIsReady(node: string): Promise<boolean> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  return (await lab.kubectl('get', 'node', node, '-o', `jsonpath=${path}`)) === 'True';
}

/** Running containers of Pods on the engine: of one node, or of all. */
async function containersOf(node?: string): Promise<string[]> {
  const label = [`io.podlab.cluster=${lab.cluster.name}`, `io.kubernetes.pod.namespace=${lab.namespace}`];
  if (node !== undefined) label.push(`io.podlab.node=${node}`);
  const found = await lab.cluster.docker.listContainers({ filters: { label } });
  return found.map((one) => one.Id).sort();
}

const sixReadyWithout = (node: string) =>
  eventually(async () => {
    const ready = (await pods()).filter((pod) => pod.ready && pod.node !== node);
    must(ready.length === 6, `${ready.length} of 6 are ready elsewhere`);
  }, 60_000);

describe('healing', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    await lab.kubectl.withInput(WEB, 'apply', '-f', '-');
    await lab.kubectl('rollout', 'status', 'deployment', 'web', '--timeout=90s');
  });

  it.each(['killed', 'stopped'])(
    'moves the Pods of a node that was %s, and takes it back with nothing left over',
    async (how) => {
      const start = Date.now();
      await (how === 'killed' ? lab.cluster.killNode('node3') : lab.cluster.stopNode('node3'));
      await eventually(async () => must(!(await nodeIsReady('node3')), 'node3 is still Ready'), 15_000);
      expect(Date.now() - start).toBeLessThan(15_000);
      const url = `http://${await lab.cluster.nodeAddress('node1')}:${NODE_PORT}/`;
      await eventually(async () => {
        for (let i = 0; i < 20; i++) must((await get(url, 1000)).status === 200, 'no answer');
      });
      await sixReadyWithout('node3');
      await lab.cluster.startNode('node3');
      await eventually(async () => {
        const left = await containersOf('node3');
        const wanted = (await pods()).filter((pod) => pod.node === 'node3');
        must(
          left.length === 2 * wanted.length,
          `${left.length} containers on node3 for ${wanted.length} Pods`,
        );
      }, 30_000);
      expect(await pods()).toHaveLength(6);
    },
  );

  it('gives new Pods to a node that came back', async () => {
    await lab.kubectl('scale', 'deployment', 'web', '--replicas=9');
    await lab.kubectl('rollout', 'status', 'deployment', 'web', '--timeout=60s');
    expect((await pods()).filter((pod) => pod.node === 'node3').length).toBeGreaterThan(0);
    await lab.kubectl('scale', 'deployment', 'web', '--replicas=6');
    await eventually(async () => must((await pods()).length === 6, 'not yet 6'));
  });

  it('gives no new Pod to a cordoned node', async () => {
    expect(await lab.kubectl('cordon', 'node1')).toBe('node/node1 cordoned\n');
    expect(await lab.kubectl('get', 'node', 'node1', '--no-headers')).toMatch(/Ready,SchedulingDisabled/);
    const before = new Set((await pods()).map((pod) => pod.name));
    await lab.kubectl('scale', 'deployment', 'web', '--replicas=9');
    await lab.kubectl('rollout', 'status', 'deployment', 'web', '--timeout=60s');
    const added = (await pods()).filter((pod) => !before.has(pod.name));
    expect(added.map((pod) => pod.node)).not.toContain('node1');
    expect(await lab.kubectl('uncordon', 'node1')).toBe('node/node1 uncordoned\n');
    await lab.kubectl('scale', 'deployment', 'web', '--replicas=6');
    await eventually(async () => must((await pods()).length === 6, 'not yet 6'));
  });

  it('restarts the control plane without touching a container or failing a request', async () => {
    await eventually(async () => must((await containersOf()).length === 12, 'Pods are still ending'), 30_000);
    const before = await containersOf();
    const url = `http://${await lab.cluster.nodeAddress('node2')}:${NODE_PORT}/`;
    const requests = constantRequests([url], 2, 20);
    await lab.cluster.controlPlaneContainer().restart();
    await lab.cluster.waitUntilReady();
    await sleep(5000);
    const load = await requests.stop();
    expect(load.failures).toEqual([]);
    expect(await containersOf()).toEqual(before);
    expect((await pods()).every((pod) => pod.ready)).toBe(true);
  });

  it("survives the end of a node's process: no container is touched, and the node is Ready again", async () => {
    const before = await containersOf();
    await killProcess(lab.cluster, 'node2');
    await sleep(1500);
    await lab.cluster.waitUntilReady();
    expect(await containersOf()).toEqual(before);
    const url = `http://${await lab.cluster.nodeAddress('node2')}:${NODE_PORT}/`;
    expect((await eventually(() => get(url))).status).toBe(200);
  });

  it('loses no acknowledged write when the control plane is killed at random points', async () => {
    const acknowledged: string[] = [];
    const end = new AbortController();
    const path = `/api/v1/namespaces/${lab.namespace}/configmaps`;
    const writer = async (id: number) => {
      for (let i = 0; !end.signal.aborted; i++) {
        const name = `w${id}-${i}`;
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { i: String(i) } };
        const answer = await lab.cluster.api
          .call('POST', path, { body, timeoutMs: 2000 })
          .catch(() => undefined);
        if (answer?.status === 201) acknowledged.push(name);
        else await sleep(50);
      }
    };
    const writers = Promise.all([0, 1, 2, 3].map(writer));
    for (let round = 0; round < 5; round++) {
      const before = acknowledged.length;
      await eventually(() => must(acknowledged.length > before + 20, 'nothing is written'), 30_000);
      await sleep(randomInt(0, 300));
      await lab.cluster.controlPlaneContainer().kill();
      await lab.cluster.controlPlaneContainer().start();
    }
    end.abort();
    await writers;
    await lab.cluster.waitUntilReady();
    const names = await lab.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}');
    const stored = new Set(names.split(' '));
    expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(100);
  });
});
