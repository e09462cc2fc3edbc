import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestCluster } from '../test-cluster.ts';

const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const volume = {
  metadata: { name: 'disk' },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/data' } },
};
const pod = (nodeName?: string): object => ({
  metadata: { name: 'user' },
  spec: {
    ...(nodeName === undefined ? { schedulingGates: [{ name: 'example.com/wait' }] } : { nodeName }),
    containers: [{ name: 'c', image: 'nginx' }],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
  },
});

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await TestCluster.start('node1');
});
afterEach(() => cluster.stop());

const currentClaim = () => cluster.client.get('persistentvolumeclaims', 'default', 'data');
const currentVolume = () => cluster.client.get('persistentvolumes', '', 'disk');

async function setPhase(phase: string): Promise<void> {
  await cluster.client.updateStatus('persistentvolumes', { ...currentVolume()!, status: { phase } });
  await cluster.settled();
}

describe('a claim that is deleted', () => {
  beforeEach(() => cluster.create('persistentvolumeclaims', claim));

  it('goes at once when no Pod uses it', async () => {
    expect(currentClaim()?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    await cluster.delete('persistentvolumeclaims', 'data');
    expect(currentClaim()).toBeUndefined();
  });

  it('stays until the Pod that uses it is gone', async () => {
    await cluster.create('pods', pod('node1'));
    await cluster.delete('persistentvolumeclaims', 'data');
    expect(currentClaim()?.metadata.deletionTimestamp).toBeDefined();
    await cluster.delete('pods', 'user');
    expect(currentClaim()).toBeDefined();
    await cluster.advance(1000);
    expect(currentClaim()).toBeUndefined();
  });

  it('does not wait for a Pod that has no node', async () => {
    await cluster.create('pods', pod());
    await cluster.delete('persistentvolumeclaims', 'data');
    expect(currentClaim()).toBeUndefined();
  });

  it('goes when nothing used it any more while the controller was away', async () => {
    await cluster.create('pods', pod('node1'));
    await cluster.delete('persistentvolumeclaims', 'data');
    await cluster.client.delete('pods', 'default', 'user', { gracePeriodSeconds: 0 });
    await cluster.restart();
    expect(currentClaim()).toBeUndefined();
  });

  it('keeps the finalizers of others', async () => {
    const { metadata, ...rest } = currentClaim()!;
    const finalizers = [...metadata.finalizers!, 'example.com/wait'];
    await cluster.client.update('persistentvolumeclaims', { ...rest, metadata: { ...metadata, finalizers } });
    await cluster.delete('persistentvolumeclaims', 'data');
    expect(currentClaim()?.metadata.finalizers).toEqual(['example.com/wait']);
  });
});

describe('a volume that is deleted', () => {
  beforeEach(() => cluster.create('persistentvolumes', volume));

  it('goes at once when no claim has it', async () => {
    expect(currentVolume()?.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
    await cluster.delete('persistentvolumes', 'disk');
    expect(currentVolume()).toBeUndefined();
  });

  it('stays while it is bound to a claim', async () => {
    await setPhase('Bound');
    await cluster.delete('persistentvolumes', 'disk');
    expect(currentVolume()?.metadata.deletionTimestamp).toBeDefined();
    await setPhase('Released');
    expect(currentVolume()).toBeUndefined();
  });
});
