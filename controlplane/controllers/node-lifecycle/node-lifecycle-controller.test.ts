import { afterEach, beforeEach, expect, test } from 'vitest';
import { rfc3339, rfc3339Micro } from '#api/clock.ts';
import type { NodeCondition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Running } from '../context.ts';
import { testContext, type TestContext } from '../test-context.ts';
import { pod } from '../test-objects.ts';
import { startNodeLifecycleController } from './node-lifecycle-controller.ts';

let context: TestContext;
let controller: Running;
beforeEach(() => {
  context = testContext();
  controller = startNodeLifecycleController(context);
});
afterEach(() => controller.stop());

const read = (name: string): Kinds['nodes'] => context.client.get('nodes', '', name)!;
const ready = (name: string): NodeCondition | undefined =>
  read(name).status?.conditions?.find(({ type }) => type === 'Ready');
const taints = (name: string): string[] =>
  (read(name).spec?.taints ?? []).map(
    ({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`,
  );

/** Posts the status of a node, as its agent does. */
async function post(name: string, status: 'True' | 'False', more: NodeCondition[] = []): Promise<void> {
  const now = rfc3339(context.clock.now());
  const conditions = [
    { type: 'Ready', status, reason: 'KubeletReady', lastHeartbeatTime: now, lastTransitionTime: now },
    { type: 'MemoryPressure', status: 'False', lastHeartbeatTime: now },
    ...more,
  ];
  await context.client.updateStatus('nodes', { ...read(name), status: { conditions } });
  await context.client.settled();
}

async function join(name: string): Promise<void> {
  const { client } = context;
  const spec = { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] };
  await client.create('nodes', { metadata: { name }, spec });
  await client.create('leases', {
    metadata: { namespace: 'kube-node-lease', name },
    spec: { holderIdentity: name },
  });
  await post(name, 'True');
}

async function renew(name: string): Promise<void> {
  const { client, clock } = context;
  const lease = client.get('leases', 'kube-node-lease', name)!;
  await client.update('leases', { ...lease, spec: { ...lease.spec, renewTime: rfc3339Micro(clock.now()) } });
}

/** Lets seconds pass in which these nodes renew their Leases. */
async function passWith(seconds: number, ...alive: string[]): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    for (const name of alive) await renew(name);
    await context.pass(1);
  }
}

test('a node that becomes ready loses its taint, and stays ready while it renews its Lease', async () => {
  await join('node1');
  expect(taints('node1')).toEqual([]);
  await passWith(30, 'node1');
  expect(ready('node1')?.status).toBe('True');
  expect(context.events().sort()).toEqual([
    'Normal NodeReady node1 Node node1 status is now: NodeReady',
    'Normal RegisteredNode node1 Node node1 event: Registered Node node1 in Controller',
  ]);
});

test('a silent node becomes Unknown and tainted after its grace period, and its Pods are not ready', async () => {
  const { client } = context;
  await join('node1');
  await join('node2');
  await client.seed('pods', pod('here', { nodeName: 'node1', readySince: 1 }));
  await client.seed('pods', pod('there', { nodeName: 'node2', readySince: 1 }));
  await passWith(3, 'node2');
  expect(ready('node1')?.status).toBe('True');
  await passWith(2, 'node2');
  expect(ready('node1')).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(read('node1').status?.conditions?.find(({ type }) => type === 'MemoryPressure')?.status).toBe(
    'Unknown',
  );
  expect(taints('node1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute']);
  expect(read('node1').spec?.taints?.[1]?.timeAdded).toBe('2026-01-01T00:00:04Z');
  const readiness = (name: string) =>
    client.get('pods', 'default', name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  expect([readiness('here'), readiness('there')]).toEqual(['False', 'True']);
  expect(context.events()).toContain('Normal NodeNotReady node1 Node node1 status is now: NodeNotReady');
  expect(context.events()).toContain('Warning NodeNotReady here Node is not ready');
  expect(taints('node2')).toEqual([]);
});

test('a node that comes back is without taints again', async () => {
  await join('node1');
  await join('node2');
  await passWith(6, 'node2');
  expect(taints('node1')).toHaveLength(2);
  await post('node1', 'True');
  expect(taints('node1')).toEqual([]);
  await passWith(6, 'node1', 'node2');
  expect(ready('node1')?.status).toBe('True');
});

test('Pods of a node that comes back are ready again, unless the node has said otherwise', async () => {
  const { client } = context;
  await join('node1');
  await join('node2');
  await client.seed('pods', pod('same', { nodeName: 'node1', readySince: 1 }));
  await client.seed('pods', pod('failing', { nodeName: 'node1', readySince: 1 }));
  const ready = (name: string) =>
    client.get('pods', 'default', name)?.status?.conditions?.find(({ type }) => type === 'Ready');
  await passWith(6, 'node2');
  expect([ready('same')?.status, ready('failing')?.status]).toEqual(['False', 'False']);
  await post('node1', 'True');
  const failing = client.get('pods', 'default', 'failing')!;
  const reported = { ...ready('failing')!, reason: 'ContainersNotReady' };
  await client.updateStatus('pods', { ...failing, status: { ...failing.status, conditions: [reported] } });
  await passWith(1, 'node1', 'node2');
  expect(ready('same')?.status).toBe('False');
  await passWith(1, 'node1', 'node2');
  expect([ready('same')?.status, ready('failing')?.status]).toEqual(['True', 'False']);
});

test('a node that says it is not ready is tainted so at once', async () => {
  await join('node1');
  await join('node2');
  await post('node1', 'False');
  expect(taints('node1')).toEqual(['not-ready:NoSchedule', 'not-ready:NoExecute']);
});

test('no Pod is driven away when no node at all is ready', async () => {
  await join('node1');
  await join('node2');
  await context.pass(6);
  expect([taints('node1'), taints('node2')]).toEqual([
    ['unreachable:NoSchedule'],
    ['unreachable:NoSchedule'],
  ]);
  await post('node2', 'True');
  expect(taints('node1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute']);
});

test('a node that never posted a status is given a minute', async () => {
  await context.client.create('nodes', { metadata: { name: 'node1' } });
  await context.pass(59);
  expect(read('node1').status?.conditions).toBeUndefined();
  await context.pass(1);
  expect(ready('node1')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated' });
});

test('cordoning, pressure and a missing network are taints too, and those of users stay', async () => {
  await join('node1');
  const { client } = context;
  const own = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
  await client.update('nodes', { ...read('node1'), spec: { unschedulable: true, taints: [own] } });
  await client.settled();
  await post('node1', 'True', [{ type: 'DiskPressure', status: 'True' }]);
  expect(taints('node1')).toEqual(['gpu:NoSchedule', 'unschedulable:NoSchedule', 'disk-pressure:NoSchedule']);
  await client.update('nodes', { ...read('node1'), spec: { taints: read('node1').spec!.taints! } });
  await client.settled();
  await post('node1', 'True');
  expect(taints('node1')).toEqual(['gpu:NoSchedule']);
});
