import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { storedResources } from './watch-all.ts';
import { availableAt, isActive } from './pod-state.ts';
import { TestCluster } from './test-cluster.ts';

const NAME = 'hello-deploy';
const manifests = (file: string): object[] =>
  parseAllDocuments(readFileSync(new URL(`../../examples/course/${file}`, import.meta.url), 'utf8')).map(
    (document) => document.toJS() as object,
  );
const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'hello-pod', image: name }] } } },
});

describe('the course’s Deployment and Services', () => {
  let cluster: TestCluster;
  const deployment = () => cluster.client.get('deployments', 'default', NAME)!;
  const status = () => deployment().status!;
  const condition = (type: string) => {
    const found = status().conditions?.find((one) => one.type === type);
    return `${found?.status} ${found?.reason}: ${found?.message}`;
  };
  const replicaSets = () =>
    [...cluster.client.list('replicasets', 'default')].sort((one, other) =>
      one.metadata.creationTimestamp < other.metadata.creationTimestamp ? -1 : 1,
    );
  const sizes = () => replicaSets().map(({ spec }) => spec?.replicas);
  const revisions = () =>
    replicaSets().map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision']);
  const pods = () => cluster.client.list('pods', 'default').filter(isActive);
  const available = () =>
    pods().filter((pod) => (availableAt(pod, 10) ?? Infinity) <= cluster.clock.now()).length;
  const endpoints = (service: string) =>
    cluster.client
      .list('endpointslices', 'default', { matchLabels: { 'kubernetes.io/service-name': service } })
      .flatMap((slice) => slice.endpoints ?? []);
  const withinBounds = () => {
    expect(pods().length).toBeLessThanOrEqual(11);
    expect(available()).toBeGreaterThanOrEqual(9);
  };

  beforeEach(async () => {
    cluster = await TestCluster.start('node1', 'node2', 'node3');
    await cluster.create('deployments', manifests('deploy.yaml')[0]!);
    await cluster.advance(600);
  });
  afterEach(async () => {
    await cluster.stop();
    expect(cluster.warnings).toEqual([]);
  });

  it('first has ten ready Pods over all nodes, none of them available yet', () => {
    expect(pods()).toHaveLength(10);
    expect(new Set(pods().map(({ spec }) => spec?.nodeName))).toEqual(new Set(['node1', 'node2', 'node3']));
    expect(status()).toMatchObject({
      observedGeneration: 1,
      replicas: 10,
      updatedReplicas: 10,
      readyReplicas: 10,
      unavailableReplicas: 10,
      terminatingReplicas: 0,
    });
    const name = replicaSets()[0]!.metadata.name;
    expect(name).toMatch(/^hello-deploy-[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
    expect(cluster.events('Deployment')).toEqual([
      `ScalingReplicaSet Scaled up replica set ${name} from 0 to 10`,
    ]);
    const created = cluster.events('ReplicaSet');
    expect(created).toHaveLength(10);
    // The tenth of the same kind stands for all that follow.
    expect(created.filter((text) => text.startsWith(`SuccessfulCreate Created pod: ${name}-`))).toHaveLength(
      9,
    );
    expect(created.at(-1)).toMatch(/^SuccessfulCreate \(combined from similar events\): Created pod: /);
  });

  it('then goes through the course: rollout, undo, pause, scale', async () => {
    await cluster.advance(10_000);
    expect(status()).toMatchObject({ replicas: 10, availableReplicas: 10 });
    expect(condition('Available')).toBe(
      'True MinimumReplicasAvailable: Deployment has minimum availability.',
    );
    const [first] = replicaSets().map(({ metadata }) => metadata.name);
    expect(condition('Progressing')).toBe(
      `True NewReplicaSetAvailable: ReplicaSet "${first}" has successfully progressed.`,
    );

    await cluster.patch('deployments', NAME, image('nginx:alpine'));
    await cluster.advance(600, withinBounds);
    expect(sizes()).toEqual([9, 2]);
    expect(status()).toMatchObject({
      replicas: 11,
      updatedReplicas: 2,
      readyReplicas: 11,
      availableReplicas: 9,
    });
    await cluster.advance(60_000, withinBounds);
    expect(sizes()).toEqual([0, 10]);
    expect(revisions()).toEqual(['1', '2']);

    // As `kubectl rollout undo` does it: the old ReplicaSet's template, without its hash.
    const { metadata, spec } = replicaSets()[0]!.spec!.template!;
    const { 'pod-template-hash': _, ...labels } = metadata?.labels ?? {};
    await cluster.patch('deployments', NAME, {
      spec: { template: { $patch: 'replace', metadata: { labels }, spec } },
    });
    await cluster.advance(200, withinBounds);
    expect(sizes()).toEqual([2, 9]);
    expect(revisions()).toEqual(['3', '2']);
    expect(replicaSets()[0]?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '10',
      'deployment.kubernetes.io/max-replicas': '11',
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });

    await cluster.patch('deployments', NAME, { spec: { paused: true } });
    await cluster.advance(30_000, withinBounds);
    expect(sizes()).toEqual([2, 9]);
    expect(condition('Progressing')).toBe('Unknown DeploymentPaused: Deployment is paused');
    await cluster.patch('deployments', NAME, { spec: { paused: false } });
    await cluster.advance(60_000, withinBounds);
    expect(sizes()).toEqual([10, 0]);

    await cluster.scale(NAME, 3);
    await cluster.advance(1_000);
    expect(sizes()).toEqual([3, 0]);
    expect(pods()).toHaveLength(3);
    expect(status()).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
  });

  it('is behind its Services, whose endpoints follow the Pods at once', async () => {
    for (const service of manifests('services.yaml')) await cluster.create('services', service);
    const services = ['hello-internal', 'hello-svc', 'hello-lb'];
    const ips = () => pods().map((pod) => pod.status?.podIP);
    for (const service of services) {
      expect(new Set(endpoints(service).map(({ addresses }) => addresses[0]))).toEqual(new Set(ips()));
      expect(cluster.client.get('endpoints', 'default', service)?.subsets).toMatchObject([
        { addresses: { length: 10 }, ports: [{ port: 80, protocol: 'TCP' }] },
      ]);
    }
    const lb = cluster.client.get('services', 'default', 'hello-lb');
    expect(lb?.status?.loadBalancer).toEqual({ ingress: [{ ip: '172.18.255.254', ipMode: 'VIP' }] });

    const gone = pods()[0]!;
    await cluster.delete('pods', gone.metadata.name);
    const left = endpoints('hello-svc').find(({ targetRef }) => targetRef?.uid === gone.metadata.uid);
    expect(left?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    await cluster.advance(1_000);
    expect(endpoints('hello-svc')).toHaveLength(10);
    expect(endpoints('hello-svc').some(({ targetRef }) => targetRef?.uid === gone.metadata.uid)).toBe(false);
  });

  it('loses no endpoint that works when a node dies, and those of the dead node within seconds', async () => {
    await cluster.create('services', manifests('services.yaml')[1]!);
    await cluster.advance(12_000);
    cluster.kill('node2');
    await cluster.advance(6_000);
    const ready = endpoints('hello-svc').filter(({ conditions }) => conditions?.ready === true);
    expect(ready.length).toBe(pods().filter(({ spec }) => spec?.nodeName !== 'node2').length);
    expect(ready.every(({ nodeName }) => nodeName !== 'node2')).toBe(true);
    // The Pods of the dead node are given up when their tolerations end, and the rest takes over.
    await cluster.advance(300_000);
    expect(pods().filter(({ spec }) => spec?.nodeName !== 'node2')).toHaveLength(10);
    await cluster.advance(15_000);
    expect(status()).toMatchObject({ replicas: 10, availableReplicas: 10 });
  });

  it('leaves nothing behind when it is deleted', async () => {
    for (const service of manifests('services.yaml')) await cluster.create('services', service);
    await cluster.delete('deployments', NAME);
    for (const name of ['hello-internal', 'hello-svc', 'hello-lb']) await cluster.delete('services', name);
    await cluster.advance(5_000);
    for (const resource of ['replicasets', 'pods', 'deployments'] as const) {
      expect(cluster.client.list(resource)).toEqual([]);
    }
    for (const resource of ['services', 'endpoints', 'endpointslices'] as const) {
      expect(cluster.client.list(resource, 'default').map(({ metadata }) => metadata.name)).toEqual([
        'kubernetes',
      ]);
    }
  });

  it('goes on where it was when the control plane starts anew in the middle of a rollout', async () => {
    await cluster.advance(10_000);
    await cluster.patch('deployments', NAME, image('nginx:alpine'));
    for (let restarts = 0; restarts < 6; restarts += 1) {
      await cluster.advance(7_300, withinBounds);
      const before = [...sizes(), revisions()];
      await cluster.restart();
      expect([...sizes(), revisions()]).toEqual(before);
    }
    await cluster.advance(30_000, withinBounds);
    expect(sizes()).toEqual([0, 10]);
    expect(condition('Progressing')).toContain('True NewReplicaSetAvailable');
  });

  it('goes away with its namespace', async () => {
    await cluster.create('namespaces', { metadata: { name: 'course' } });
    cluster.namespace = 'course';
    await cluster.create('deployments', manifests('deploy.yaml')[0]!);
    for (const service of manifests('services.yaml').slice(0, 1)) await cluster.create('services', service);
    await cluster.advance(1_000);
    expect(cluster.client.list('pods', 'course')).toHaveLength(10);
    await cluster.delete('namespaces', 'course');
    await cluster.advance(20_000);
    expect(cluster.client.get('namespaces', '', 'course')).toBeUndefined();
    for (const resource of storedResources(cluster.client.catalog)) {
      expect(cluster.client.of(resource).list('course')).toEqual([]);
    }
  });

  it('comes to rest: nothing is written while nothing happens', async () => {
    for (const service of manifests('services.yaml')) await cluster.create('services', service);
    await cluster.advance(12_000);
    const before = cluster.client.list('events').length;
    const versions = () =>
      (['deployments', 'replicasets', 'pods', 'services', 'endpoints', 'endpointslices'] as const).flatMap(
        (resource) => cluster.client.list(resource).map(({ metadata }) => metadata.resourceVersion),
      );
    const at = versions();
    await cluster.advance(5_000);
    expect(versions()).toEqual(at);
    expect(cluster.client.list('events')).toHaveLength(before);
  });
});
