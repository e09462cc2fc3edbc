import { describe, expect, test } from 'vitest';
import type { PodAffinityTerm, PodSpec } from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import type { Cycle } from './framework.ts';
import { PLUGINS } from './plugins/registry.ts';
import { schedulePod } from './schedule-pod.ts';
import { cycle, node, pod, requesting } from './test-cluster.ts';

/** The chosen node, or the message. */
function outcome(given: Cycle, random = 0): string {
  const decision = schedulePod(given, PLUGINS, () => random);
  return 'failure' in decision ? decision.failure.message : decision.nodeName;
}

const helpless = (count: number): string =>
  `no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const listening = (hostIP?: string): Partial<PodSpec> => ({
  containers: [
    {
      name: 'c',
      image: 'i',
      ports: [{ containerPort: 80, hostPort: 8080, ...(hostIP ? { hostIP } : {}) }],
    },
  ],
});

const container = (cpu: string, restartPolicy?: string) => ({
  name: `c${cpu}`,
  image: 'i',
  resources: { requests: { cpu } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});

const zoned = (name: string, zone: string) => node(name, { labels: { zone } });

const nearTo = (given: PodAffinityTerm) =>
  pod('p', {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [given] } },
  });

const victimless = (count: number): string =>
  `no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;

describe('a Pod that fits nowhere is told why', () => {
  test('when there is no node', () => {
    expect(outcome(cycle(pod('p'), []))).toBe('no nodes available to schedule pods');
  });

  test('when nodes are cordoned, tainted or full, each with its own reason', () => {
    const big = pod('big', requesting({ cpu: '3' }));
    const given = cycle(pod('p', requesting({ cpu: '2' })), [
      [node('a', { spec: { unschedulable: true } })],
      [node('b', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } })],
      [node('c'), big],
    ]);
    expect(outcome(given)).toBe(
      '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), ' +
        '1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: ' +
        '1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
  });

  test('when it asks for more than any node has, so that removing others would not help', () => {
    const given = cycle(pod('p', requesting({ cpu: '5', memory: '9Gi' })), [[node('a')], [node('b')]]);
    expect(outcome(given)).toBe(
      `0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory. ${helpless(2)}`,
    );
  });

  test('when the number of Pods is the limit', () => {
    const full = node('a', { allocatable: { pods: '1' } });
    expect(outcome(cycle(pod('p'), [[full, pod('other')]]))).toBe(
      `0/1 nodes are available: 1 Too many pods. ${victimless(1)}`,
    );
  });

  test('when no node has the labels that it wants', () => {
    expect(outcome(cycle(pod('p', { nodeSelector: { disk: 'ssd' } }), [[node('a')]]))).toBe(
      `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${helpless(1)}`,
    );
  });

  test('when it must not preempt', () => {
    const given = cycle(pod('p', { ...requesting({ cpu: '5' }), preemptionPolicy: 'Never' }), [[node('a')]]);
    expect(outcome(given)).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    );
  });
});

test('tolerations let a Pod onto tainted and cordoned nodes', () => {
  const tainted = node('a', { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoExecute' }] } });
  const tolerant = { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoExecute' }] };
  expect(outcome(cycle(pod('p', tolerant), [[tainted]]))).toBe('a');
  const cordoned = node('b', { spec: { unschedulable: true } });
  expect(outcome(cycle(pod('p', { tolerations: [{ operator: 'Exists' }] }), [[cordoned]]))).toBe('b');
});

test.each([
  ['In', ['ssd', 'nvme'], 'ssd-node'],
  ['NotIn', ['ssd'], 'plain-node'],
  ['DoesNotExist', undefined, 'plain-node'],
])('required node affinity: disk %s %j', (operator, values, expected) => {
  const matchExpressions = [{ key: 'disk', operator, ...(values === undefined ? {} : { values }) }];
  const spec: Partial<PodSpec> = {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
      },
    },
  };
  const nodes = [[node('plain-node')], [node('ssd-node', { labels: { disk: 'ssd' } })]] as const;
  expect(outcome(cycle(pod('p', spec), nodes))).toBe(expected);
});

test('preferred node affinity and PreferNoSchedule taints decide between nodes that fit', () => {
  const preference = { matchExpressions: [{ key: 'disk', operator: 'Exists' }] };
  const preferring: Partial<PodSpec> = {
    affinity: {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] },
    },
  };
  const nodes = [[node('a')], [node('b', { labels: { disk: 'x' } })]] as const;
  expect(outcome(cycle(pod('p', preferring), nodes))).toBe('b');
  const disliked = node('a', { spec: { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] } });
  expect(outcome(cycle(pod('p'), [[disliked], [node('b')]]))).toBe('b');
});

test('a host port is given once a node, unless the addresses differ', () => {
  const taken = [[node('a'), pod('other', listening('127.0.0.1'))]] as const;
  expect(outcome(cycle(pod('p', listening()), taken))).toBe(
    `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${victimless(1)}`,
  );
  expect(outcome(cycle(pod('p', listening('127.0.0.2')), taken))).toBe('a');
});

test('what init containers take counts when it is more than what containers take', () => {
  const spec: Partial<PodSpec> = {
    initContainers: [container('1', 'Always'), container('3500m')],
    containers: [container('1')],
  };
  expect(outcome(cycle(pod('p', spec), [[node('a')]]))).toMatch('Insufficient cpu');
  expect(outcome(cycle(pod('p', spec), [[node('a', { allocatable: { cpu: '4500m' } })]]))).toBe('a');
});

test('the emptier node is preferred', () => {
  const nodes = [[node('a'), pod('x', requesting({ cpu: '2', memory: '4Gi' }))], [node('b')]] as const;
  expect(outcome(cycle(pod('p'), nodes))).toBe('b');
});

test('nodes that are equally good are chosen between by chance', () => {
  const nodes = [[node('a')], [node('b')], [node('c')]] as const;
  expect([0, 0.5, 0.99].map((random) => outcome(cycle(pod('p'), nodes), random))).toEqual(['a', 'b', 'c']);
});

test('ten replicas of one owner spread evenly over three nodes', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true };
  const metadata = { labels: { app: 'web' }, ownerReferences: [owner] };
  const replicaSet = {
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } } },
  } as unknown as KubeObject;
  const placed = new Map(
    [
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ].map(([name]) => [String(name), [] as string[]]),
  );
  for (let i = 0; i < 10; i++) {
    const nodes = [...placed].map(([name, names]) => {
      const loaded = name === 'a' ? [pod('busy', requesting({ cpu: '1' }))] : [];
      return [node(name), ...loaded, ...names.map((each) => pod(each, {}, metadata))] as const;
    });
    const given = cycle(pod(`web-${i}`, {}, metadata), nodes, { replicasets: [replicaSet] });
    placed.get(outcome(given, Math.random()))!.push(`web-${i}`);
  }
  expect([...placed.values()].map((pods) => pods.length).sort((a, b) => a - b)).toEqual([3, 3, 4]);
});

describe('topology spread constraints', () => {
  const labels = { app: 'web' };
  const spec = (whenUnsatisfiable: string): Partial<PodSpec> => ({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable, labelSelector: { matchLabels: labels } },
    ],
  });
  const web = () => pod('other', {}, { labels });

  test('keep a Pod from a zone that would be ahead of the others', () => {
    const nodes = [[zoned('a', 'x'), web()], [zoned('b', 'x')], [zoned('c', 'y')]] as const;
    expect(outcome(cycle(pod('p', spec('DoNotSchedule'), { labels }), nodes))).toBe('c');
  });

  test('say so when every node is out', () => {
    const full = node('c', { labels: { zone: 'y' }, spec: { unschedulable: true } });
    const nodes = [[zoned('a', 'x'), web()], [node('b')], [full]] as const;
    expect(outcome(cycle(pod('p', spec('DoNotSchedule'), { labels }), nodes))).toBe(
      "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, " +
        "1 node(s) didn't match pod topology spread constraints (missing required label), " +
        '1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: ' +
        '1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
  });

  test('that are only wishes prefer the emptier zone', () => {
    const nodes = [[zoned('a', 'x'), web()], [zoned('b', 'x')], [zoned('c', 'y')]] as const;
    expect(outcome(cycle(pod('p', spec('ScheduleAnyway'), { labels }), nodes))).toBe('c');
  });
});

describe('affinity between Pods', () => {
  const db = { app: 'db' };
  const term: PodAffinityTerm = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: db },
  };
  const required = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  const nodes = () => [[node('a')], [node('b'), pod('db', {}, { labels: db })]] as const;

  test('brings a Pod to the node of the other', () => {
    expect(outcome(cycle(pod('p', { affinity: { podAffinity: required } }), nodes()))).toBe('b');
  });

  test('holds a Pod back while there is no such other, unless it is the first of its own kind', () => {
    const alone = [[node('a')]] as const;
    expect(outcome(cycle(pod('p', { affinity: { podAffinity: required } }), alone))).toBe(
      `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${helpless(1)}`,
    );
    const first = pod('p', { affinity: { podAffinity: required } }, { labels: db });
    expect(outcome(cycle(first, alone))).toBe('a');
  });

  test('keeps a Pod away, whichever of the two asks for it', () => {
    const asking = pod('p', { affinity: { podAntiAffinity: required } });
    expect(outcome(cycle(asking, nodes()))).toBe('a');
    const other = pod('other', { affinity: { podAntiAffinity: required } });
    const occupied = [[node('a'), other]] as const;
    expect(outcome(cycle(pod('p', {}, { labels: db }), occupied))).toBe(
      `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${victimless(1)}`,
    );
  });

  test('names its own rule when both want to be apart, as replicas do', () => {
    const apart = { affinity: { podAntiAffinity: required } };
    const occupied = [[node('a'), pod('one', apart, { labels: db })]] as const;
    expect(outcome(cycle(pod('two', apart, { labels: db }), occupied))).toBe(
      `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${victimless(1)}`,
    );
  });

  test('does not reach into another namespace unless told to', () => {
    const elsewhere = [[node('a'), pod('db', {}, { labels: db, namespace: 'data' })]] as const;
    expect(outcome(cycle(nearTo(term), elsewhere))).toMatch('pod affinity rules');
    expect(outcome(cycle(nearTo({ ...term, namespaces: ['data'] }), elsewhere))).toBe('a');
    const namespaces = [{ metadata: { name: 'data', labels: { tier: 'db' } } } as unknown as KubeObject];
    const selecting = nearTo({ ...term, namespaceSelector: { matchLabels: { tier: 'db' } } });
    expect(outcome(cycle(selecting, elsewhere, { namespaces }))).toBe('a');
  });

  test('as a wish decides between nodes that fit', () => {
    const wish = {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
    };
    expect(outcome(cycle(pod('p', { affinity: { podAffinity: wish } }), nodes()))).toBe('b');
    expect(outcome(cycle(pod('p', { affinity: { podAntiAffinity: wish } }), nodes()))).toBe('a');
  });
});
