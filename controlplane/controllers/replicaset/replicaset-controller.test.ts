import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, rfc3339 } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { FakeClient } from '../../fake-client.ts';
import { startReplicaSetController } from './replicaset-controller.ts';

const labels = { app: 'web' };
const replicaSet = (replicas: number, minReadySeconds = 0) => ({
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    replicas,
    minReadySeconds,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:alpine' }] } },
  },
});

describe('the ReplicaSet controller', () => {
  let clock: FakeClock;
  let client: FakeClient;
  let controller: { stop(): Promise<void> };
  const current = () => client.get('replicasets', 'default', 'web')!;
  const events = () =>
    client.list('events').map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  const markReady = async (pod: Kinds['pods'], ready = true) => {
    const lastTransitionTime = rfc3339(clock.now());
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
    await client.updateStatus('pods', { ...pod, status: { ...pod.status, phase: 'Running', conditions } });
  };
  const scale = async (replicas: number) => {
    await client.update('replicasets', { ...current(), spec: { ...current().spec!, replicas } });
    await client.settled();
  };

  beforeEach(() => {
    clock = new FakeClock();
    client = new FakeClient(clock);
    controller = startReplicaSetController({ client, clock, log: pino({ level: 'silent' }) });
  });
  afterEach(() => controller.stop());

  it('creates the Pods that are missing, named after it and owned by it', async () => {
    await client.create('replicasets', replicaSet(3));
    await client.settled();
    const pods = client.list('pods');
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(pod.metadata.ownerReferences).toEqual([
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'web',
          uid: current().metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(events()).toContain(`Normal SuccessfulCreate Created pod: ${pod.metadata.name}`);
    }
    expect(current().status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
  });

  it('replaces a Pod that is deleted', async () => {
    await client.create('replicasets', replicaSet(2));
    await client.settled();
    const [gone] = client.list('pods');
    await client.delete('pods', 'default', gone!.metadata.name);
    await client.settled();
    expect(client.list('pods')).toHaveLength(2);
    expect(client.get('pods', 'default', gone!.metadata.name)).toBeUndefined();
  });

  it('deletes the Pods that are too many, those that are not ready first', async () => {
    await client.create('replicasets', replicaSet(3));
    await client.settled();
    const [, keep] = client.list('pods');
    await markReady(keep!);
    await scale(1);
    expect(client.list('pods').map(({ metadata }) => metadata.name)).toEqual([keep!.metadata.name]);
    expect(
      events().filter((text) => text.startsWith('Normal SuccessfulDelete Deleted pod: web-')),
    ).toHaveLength(2);
    expect(current().status).toMatchObject({ replicas: 1, readyReplicas: 1, observedGeneration: 2 });
  });

  it('counts a Pod as available only after minReadySeconds', async () => {
    await client.create('replicasets', replicaSet(1, 10));
    await client.settled();
    await markReady(client.list('pods')[0]!);
    await client.settled();
    clock.advance(9_999);
    await client.settled();
    expect(current().status).toMatchObject({ readyReplicas: 1 });
    expect(current().status?.availableReplicas).toBeUndefined();
    clock.advance(1);
    await client.settled();
    expect(current().status?.availableReplicas).toBe(1);
  });

  it('shows Pods that are on their way out as terminating and replaces them', async () => {
    await client.create('replicasets', replicaSet(1));
    await client.settled();
    const [pod] = client.list('pods');
    await client.bind(pod!, 'node1');
    await client.delete('pods', 'default', pod!.metadata.name);
    await client.settled();
    expect(client.list('pods')).toHaveLength(2);
    expect(current().status).toMatchObject({ replicas: 1, terminatingReplicas: 1 });
  });

  it('adopts a Pod that it selects and deletes what is then too much', async () => {
    const orphan = await client.create('pods', {
      metadata: { namespace: 'default', name: 'orphan', labels },
      spec: { containers: [] },
    });
    await markReady(orphan);
    await client.create('replicasets', replicaSet(1));
    await client.settled();
    expect(client.list('pods').map(({ metadata }) => metadata.name)).toEqual(['orphan']);
    expect(client.list('pods')[0]?.metadata.ownerReferences?.[0]?.name).toBe('web');
  });

  it('lets a Pod go whose labels it no longer selects, and makes another', async () => {
    await client.create('replicasets', replicaSet(1));
    await client.settled();
    const [pod] = client.list('pods');
    await client.update('pods', { ...pod!, metadata: { ...pod!.metadata, labels: { app: 'debug' } } });
    await client.settled();
    expect(client.get('pods', 'default', pod!.metadata.name)?.metadata.ownerReferences).toBeUndefined();
    expect(client.list('pods')).toHaveLength(2);
  });

  it('tells what creation failed with, tries again, and then takes it back', async () => {
    client.refuse = ({ verb, resource }) =>
      verb === 'create' && resource === 'pods'
        ? new Error('pods "web-" is forbidden: exceeded quota')
        : undefined;
    await client.create('replicasets', replicaSet(2));
    await client.settled();
    expect(current().status?.conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: rfc3339(clock.now()),
        reason: 'FailedCreate',
        message: 'pods "web-" is forbidden: exceeded quota',
      },
    ]);
    expect(events()).toContain(
      'Warning FailedCreate Error creating: pods "web-" is forbidden: exceeded quota',
    );
    client.refuse = () => undefined;
    clock.advance(5_000);
    await client.settled();
    expect(client.list('pods')).toHaveLength(2);
    expect(current().status?.conditions).toBeUndefined();
  });
});
