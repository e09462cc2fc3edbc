import { describe, expect, it } from 'vitest';
import type { ResourceName } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { create, target, testRegistry } from '../test-registry.ts';

const containers = [{ name: 'c', image: 'nginx' }];
const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
const selector = { matchLabels: { app: 'web' } };
const oneTask = { template: { spec: { containers, restartPolicy: 'Never' } } };
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };

/** A right spec of each kind. */
const SPECS = {
  cronjobs: { schedule: '* * * * *', jobTemplate: { spec: oneTask } },
  daemonsets: { selector, template },
  horizontalpodautoscalers: { maxReplicas: 3, scaleTargetRef },
  jobs: oneTask,
  limitranges: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
  persistentvolumeclaims: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  },
  persistentvolumes: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    hostPath: { path: '/data' },
  },
  poddisruptionbudgets: { minAvailable: 1, selector },
  replicationcontrollers: { selector: { app: 'web' }, template },
  resourcequotas: { hard: { pods: '5' } },
  statefulsets: { selector, template, serviceName: 'web' },
} satisfies { readonly [R in ResourceName]?: object };
type Kind = keyof typeof SPECS;

const bodyOf = (kind: Kind, changes: object = {}): object => ({
  metadata: { name: 'x' },
  spec: { ...SPECS[kind], ...changes },
});

/** `field: message` of each cause. */
async function causesOf(write: Promise<unknown>): Promise<string[]> {
  const refused: unknown = await write.then(
    () => new Error('nothing was refused'),
    (error: unknown) => error,
  );
  if (!(refused instanceof StatusError)) throw refused;
  return (refused.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

const REFUSED_ON_CREATE: readonly (readonly [Kind, changes: object, ...causes: string[]])[] = [
  [
    'cronjobs',
    { schedule: 'x' },
    'spec.schedule: Invalid value: "x": expected exactly 5 fields, found 1: [x]',
  ],
  [
    'cronjobs',
    { schedule: 'TZ=UTC * * * * *' },
    'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    'cronjobs',
    { timeZone: 'Mars/One' },
    'spec.timeZone: Invalid value: "Mars/One": unknown time zone Mars/One',
  ],
  [
    'cronjobs',
    { concurrencyPolicy: 'Maybe' },
    'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
  ],
  [
    'jobs',
    { template: { spec: { containers } } },
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  ['jobs', { parallelism: -1 }, 'spec.parallelism: Invalid value: -1: must be greater than or equal to 0'],
  [
    'jobs',
    { completionMode: 'Indexed', parallelism: 1 },
    'spec.completions: Required value: when completion mode is Indexed',
  ],
  [
    'daemonsets',
    { selector: { matchLabels: { app: 'other' } } },
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    'daemonsets',
    { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  ],
  [
    'statefulsets',
    { podManagementPolicy: 'Any' },
    `spec.podManagementPolicy: Invalid value: "Any": must be 'OrderedReady' or 'Parallel'`,
  ],
  [
    'statefulsets',
    { selector: {} },
    'spec.selector: Invalid value: {}: empty selector is invalid for statefulset',
  ],
  [
    'horizontalpodautoscalers',
    { maxReplicas: 0, minReplicas: 1 },
    'spec.maxReplicas: Invalid value: 0: must be greater than 0',
    'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
  ],
  [
    'horizontalpodautoscalers',
    { scaleTargetRef: { kind: 'Deployment' } },
    'spec.scaleTargetRef.name: Required value',
  ],
  [
    'horizontalpodautoscalers',
    { metrics: [{ type: 'Pods' }] },
    'spec.metrics[0].pods: Required value: must populate information for the given metric source',
  ],
  [
    'poddisruptionbudgets',
    { minAvailable: '110%' },
    'spec.minAvailable: Invalid value: "110%": must not be greater than 100%',
  ],
  [
    'poddisruptionbudgets',
    { maxUnavailable: 1 },
    'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
  ],
  [
    'limitranges',
    {
      limits: [
        {
          type: 'Container',
          min: { cpu: '2' },
          max: { cpu: '3' },
          default: { cpu: '4' },
          defaultRequest: { cpu: '2' },
        },
      ],
    },
    'spec.limits[0].default[cpu]: Invalid value: "3": default value 4 is greater than max value 3',
  ],
  [
    'resourcequotas',
    { hard: { apples: '1' } },
    'spec.hard[apples]: Invalid value: "apples": must be a standard resource for quota',
  ],
  [
    'resourcequotas',
    { scopes: ['BestEffort', 'NotBestEffort'] },
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ],
  [
    'persistentvolumeclaims',
    { accessModes: [] },
    'spec.accessModes: Required value: at least 1 access mode is required',
  ],
  ['persistentvolumeclaims', { resources: {} }, 'spec.resources[storage]: Required value'],
  ['persistentvolumes', { hostPath: undefined }, 'spec: Required value: must specify a volume type'],
  [
    'persistentvolumes',
    { persistentVolumeReclaimPolicy: 'Keep' },
    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
  ],
  [
    'replicationcontrollers',
    { replicas: -1 },
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
];

describe('on create', () => {
  it.each(REFUSED_ON_CREATE.map(([kind, changes, ...causes]) => ({ kind, changes, causes })))(
    'of $kind, $changes is refused',
    async ({ kind, changes, causes }) => {
      const cluster = await testRegistry();
      expect(await causesOf(create(cluster, kind, bodyOf(kind, changes)))).toEqual(causes);
    },
  );

  it.each([
    ['cronjobs', { lastScheduleTime: '2026-01-01T00:00:00Z' }],
    ['daemonsets', { numberReady: 1 }],
    ['horizontalpodautoscalers', { currentReplicas: 1 }],
    ['jobs', { active: 1 }],
    ['persistentvolumeclaims', { phase: 'Bound' }],
    ['persistentvolumes', { phase: 'Bound' }],
    ['poddisruptionbudgets', { disruptionsAllowed: 1 }],
    ['replicationcontrollers', { replicas: 1 }],
    ['resourcequotas', { hard: { pods: '5' } }],
    ['statefulsets', { readyReplicas: 1 }],
  ] as const)('the status that a client gives to %s counts for nothing', async (kind, status) => {
    const cluster = await testRegistry();
    const plain = await create(cluster, kind, bodyOf(kind));
    const other = { ...bodyOf(kind), metadata: { name: 'y' }, status };
    expect((await create(cluster, kind, other))['status']).toEqual(plain['status']);
  });
});

const REFUSED_ON_UPDATE: readonly (readonly [Kind, changes: object, ...causes: string[]])[] = [
  ['jobs', { completions: 2 }, 'spec.completions: Invalid value: 2: field is immutable'],
  [
    'daemonsets',
    {
      selector: { matchLabels: { app: 'other' } },
      template: { ...template, metadata: { labels: { app: 'other' } } },
    },
    'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
  ],
  [
    'statefulsets',
    { serviceName: 'other' },
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ],
  [
    'resourcequotas',
    { scopes: ['Terminating'] },
    'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
  ],
];

describe('on update', () => {
  it.each(REFUSED_ON_UPDATE.map(([kind, changes, ...causes]) => ({ kind, changes, causes })))(
    'of $kind, $changes is refused',
    async ({ kind, changes, causes }) => {
      const cluster = await testRegistry();
      await create(cluster, kind, bodyOf(kind));
      const { registry, write } = cluster;
      const patch = { type: 'merge', body: { spec: changes } } as const;
      expect(await causesOf(registry.patch(target(kind, 'x'), patch, write))).toEqual(causes);
    },
  );

  it.each(['cronjobs', 'daemonsets', 'jobs', 'statefulsets'] as const)(
    'of %s the generation counts changes of the spec only',
    async (kind) => {
      const cluster = await testRegistry();
      const { registry, write } = cluster;
      const before = await create(cluster, kind, bodyOf(kind));
      const labelled = await registry.patch(
        target(kind, 'x'),
        { type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
        write,
      );
      expect(labelled.entry.object.metadata.generation).toBe(before.metadata.generation);
      const change = kind === 'cronjobs' || kind === 'jobs' ? { suspend: true } : { minReadySeconds: 5 };
      const changed = await registry.patch(
        target(kind, 'x'),
        { type: 'merge', body: { spec: change } },
        write,
      );
      expect(changed.entry.object.metadata.generation).toBe(2);
    },
  );

  it('of a claim that is bound may make it larger, not smaller', async () => {
    const cluster = await testRegistry();
    const { registry, write } = cluster;
    const claim = target('persistentvolumeclaims', 'x');
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await create(cluster, 'storageclasses', {
      metadata: { name: 'standard', annotations },
      provisioner: 'example.com/disk',
      allowVolumeExpansion: true,
    });
    await create(cluster, 'persistentvolumeclaims', bodyOf('persistentvolumeclaims'));
    const resize = (storage: string): Promise<unknown> =>
      registry.patch(
        claim,
        { type: 'merge', body: { spec: { resources: { requests: { storage } } } } },
        write,
      );
    expect((await causesOf(resize('2Gi')))[0]).toMatch(
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    );
    const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
    await registry.patch({ ...claim, subresource: 'status' }, { type: 'merge', body: bound }, write);
    await resize('2Gi');
    expect(await causesOf(resize('1Gi'))).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
  });
});

describe('a Job', () => {
  it('gets labels and a selector that no other Job has', async () => {
    const cluster = await testRegistry();
    const job = await create(cluster, 'jobs', bodyOf('jobs'));
    const { uid } = job.metadata;
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': 'x',
      'controller-uid': uid,
      'job-name': 'x',
    };
    expect(job.metadata.labels).toEqual(labels);
    expect(job['spec']).toMatchObject({
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { metadata: { labels } },
    });
  });

  it('may be told while it is suspended where its Pods go, and not later', async () => {
    const cluster = await testRegistry();
    const { registry, write } = cluster;
    const job = target('jobs', 'x');
    await create(cluster, 'jobs', bodyOf('jobs', { suspend: true }));
    const move = (disk: string): Promise<unknown> =>
      registry.patch(
        job,
        { type: 'merge', body: { spec: { template: { spec: { nodeSelector: { disk } } } } } },
        write,
      );
    await move('ssd');
    await registry.patch(job, { type: 'merge', body: { spec: { suspend: false } } }, write);
    expect((await causesOf(move('hdd')))[0]).toMatch(/^spec\.template: Invalid value: .*field is immutable$/);
  });
});

it('the template generation of a DaemonSet counts changes of its template', async () => {
  const cluster = await testRegistry();
  const { registry, write } = cluster;
  const annotation = 'deprecated.daemonset.template.generation';
  const set = await create(cluster, 'daemonsets', bodyOf('daemonsets'));
  expect(set.metadata.annotations).toEqual({ [annotation]: '1' });
  const patch = async (spec: object): Promise<string | undefined> => {
    const body = { spec };
    const { entry } = await registry.patch(target('daemonsets', 'x'), { type: 'merge', body }, write);
    return entry.object.metadata.annotations?.[annotation];
  };
  expect(await patch({ minReadySeconds: 1 })).toBe('1');
  expect(await patch({ template: { spec: { hostNetwork: true } } })).toBe('2');
});
