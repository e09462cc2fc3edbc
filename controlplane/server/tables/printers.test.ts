import { describe, expect, it } from 'vitest';
import { rfc3339 } from '#api/clock.ts';
import type { Kinds, ResourceName } from '#api/resources.ts';
import { humanDuration } from './durations.ts';
import { resourceOf } from '#api/resources.ts';
import { printerOf } from './printers.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number): string => rfc3339(NOW - seconds * 1000);

const metadata = (name = 'x'): Kinds['pods']['metadata'] => ({
  name,
  namespace: 'default',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: ago(90),
});

const cells = (resource: ResourceName, object: object): unknown[] => [
  ...printerOf(resourceOf(resource)).cells(
    { kind: '', apiVersion: '', metadata: metadata(), ...object },
    NOW,
  ),
];

/** [name, format, priority, type] of what is not a plain string column. */
const COLUMNS: Partial<Record<ResourceName, string>> = {
  apiservices: 'Name Service Available Age',
  configmaps: 'Name Data Age',
  csidrivers: 'Name AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age',
  csinodes: 'Name Drivers Age',
  csistoragecapacities: 'Name Created_At',
  customresourcedefinitions: 'Name Created_At',
  controllerrevisions: 'Name Controller Revision Age',
  cronjobs: 'Name Schedule Timezone Suspend Active Last_Schedule Age | Containers Images Selector',
  daemonsets:
    'Name Desired Current Ready Up-to-date Available Node_Selector Age | Containers Images Selector',
  horizontalpodautoscalers: 'Name Reference Targets MinPods MaxPods Replicas Age',
  jobs: 'Name Status Completions Duration Age | Containers Images Selector',
  limitranges: 'Name Created_At',
  persistentvolumeclaims:
    'Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age | VolumeMode',
  persistentvolumes:
    'Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age | VolumeMode',
  poddisruptionbudgets: 'Name Min_Available Max_Unavailable Allowed_Disruptions Age',
  podtemplates: 'Name Containers Images Pod_Labels',
  replicationcontrollers: 'Name Desired Current Ready Age | Containers Images Selector',
  resourcequotas: 'Name Request Limit Age',
  statefulsets: 'Name Ready Age | Containers Images',
  deployments: 'Name Ready Up-to-date Available Age | Containers Images Selector',
  deviceclasses: 'Name Age',
  endpoints: 'Name Endpoints Age',
  endpointslices: 'Name AddressType Ports Endpoints Age',
  events: 'Last_Seen Type Reason Object Message | Subobject Source First_Seen Count Name',
  flowschemas: 'Name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL',
  ingressclasses: 'Name Controller Parameters Age',
  ingresses: 'Name Class Hosts Address Ports Age',
  ipaddresses: 'Name ParentRef',
  leases: 'Name Holder Age',
  mutatingadmissionpolicies: 'Name Mutations ParamKind Age',
  mutatingadmissionpolicybindings: 'Name PolicyName ParamRef Age',
  mutatingwebhookconfigurations: 'Name Webhooks Age',
  namespaces: 'Name Status Age',
  networkpolicies: 'Name Pod-Selector Age',
  nodes: 'Name Status Roles Age Version | Internal-IP External-IP OS-Image Kernel-Version Container-Runtime',
  pods: 'Name Ready Status Restarts Age | IP Node Nominated_Node Readiness_Gates',
  priorityclasses: 'Name Value Global-Default Age PreemptionPolicy',
  prioritylevelconfigurations: 'Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age',
  replicasets: 'Name Desired Current Ready Age | Containers Images Selector',
  resourceclaims: 'Name State Age',
  resourceclaimtemplates: 'Name Age',
  resourceslices: 'Name Node Driver Pool Age',
  runtimeclasses: 'Name Handler Age',
  secrets: 'Name Type Data Age',
  serviceaccounts: 'Name Age',
  servicecidrs: 'Name CIDRs Age',
  services: 'Name Type Cluster-IP External-IP Port(s) Age | Selector',
  storageclasses: 'Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age',
  validatingadmissionpolicies: 'Name Validations ParamKind Age',
  validatingadmissionpolicybindings: 'Name PolicyName ParamRef Age',
  validatingwebhookconfigurations: 'Name Webhooks Age',
  volumeattachments: 'Name Attacher PV Node Attached Age',
  volumeattributesclasses: 'Name DriverName Age',
};

describe('the columns', () => {
  it.each(Object.keys(COLUMNS) as ResourceName[])('of %s are those of Kubernetes', (resource) => {
    const { columns } = printerOf(resourceOf(resource));
    const named = (priority: number): string =>
      columns
        .filter((column) => column.priority === priority)
        .map(({ name }) => name.replace(' ', '_'))
        .join(' ');
    expect([named(0), named(1)].filter((part) => part !== '').join(' | ')).toBe(COLUMNS[resource]);
    expect(columns.find(({ name }) => name === 'Name')?.format).toBe('name');
  });
});

describe('a row', () => {
  it.each([
    [
      'jobs',
      {
        spec: { completions: 3, template: {} },
        status: { succeeded: 1, startTime: ago(60), conditions: [{ type: 'Suspended', status: 'True' }] },
      },
      'x Suspended 1/3 60s 90s   <none>',
    ],
    ['jobs', { spec: { parallelism: 2, template: {} } }, 'x Running 0/1 of 2  90s   <none>'],
    [
      'cronjobs',
      { spec: { schedule: '@daily', suspend: false, jobTemplate: {} }, status: { active: [{}] } },
      'x @daily <none> False 1 <none> 90s   <none>',
    ],
    [
      'horizontalpodautoscalers',
      {
        spec: {
          minReplicas: 1,
          maxReplicas: 3,
          scaleTargetRef: { kind: 'Deployment', name: 'd' },
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 50 } } },
            { type: 'External', external: { target: { averageValue: '30' } } },
            { type: 'Pods', pods: { target: { averageValue: '1' } } },
          ],
        },
        status: { currentMetrics: [{ resource: { current: { averageUtilization: 10 } } }] },
      },
      'x Deployment/d cpu: 10%/50%, <unknown>/30 (avg) + 1 more... 1 3 0 90s',
    ],
    ['poddisruptionbudgets', { spec: { maxUnavailable: '10%' } }, 'x N/A 10% 0 90s'],
    [
      'resourcequotas',
      { status: { hard: { pods: '5', 'limits.cpu': '2' }, used: { pods: '1' } } },
      'x pods: 1/5 limits.cpu: 0/2 90s',
    ],
    [
      'persistentvolumes',
      {
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
          claimRef: { namespace: 'a', name: 'b' },
        },
        status: { phase: 'Bound' },
      },
      'x 1Gi RWO,RWX  Bound a/b  <unset>  90s <unset>',
    ],
  ] as const)('of %s shows what Kubernetes shows', (resource, object, expected) => {
    expect(cells(resource, object).join(' ')).toBe(expected);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0s'],
    [-1, '0s'],
    [-5, '<invalid>'],
    [119, '119s'],
    [120, '2m'],
    [200, '3m20s'],
    [599, '9m59s'],
    [600, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600, '3h'],
    [5 * 3600 + 60, '5h1m'],
    [8 * 3600, '8h'],
    [47 * 3600, '47h'],
    [50 * 3600, '2d2h'],
    [10 * 86400, '10d'],
    [800 * 86400, '2y70d'],
    [9 * 365 * 86400, '9y'],
  ])('of %d seconds prints as %s', (seconds, expected) => {
    expect(humanDuration(seconds * 1000)).toBe(expected);
  });
});

const pod = (status: object, more: object = {}): object => ({
  spec: { containers: [{ name: 'a' }, { name: 'b' }], nodeName: 'node1' },
  status: { phase: 'Running', podIPs: [{ ip: '10.244.1.2' }], ...status },
  ...more,
});
const running = (name: string, more: object = {}): object => ({
  name,
  ready: true,
  restartCount: 0,
  state: { running: {} },
  ...more,
});

describe('a Pod', () => {
  it('that runs', () => {
    expect(cells('pods', pod({ containerStatuses: [running('a'), running('b')] }))).toEqual([
      'x',
      '2/2',
      'Running',
      '0',
      '90s',
      '10.244.1.2',
      'node1',
      '<none>',
      '<none>',
    ]);
  });

  it('that nobody has scheduled', () => {
    const shown = cells('pods', { spec: { containers: [{ name: 'a' }] }, status: { phase: 'Pending' } });
    expect(shown.slice(1)).toEqual(['0/1', 'Pending', '0', '90s', '<none>', '<none>', '<none>', '<none>']);
  });

  it('whose container restarted says when', () => {
    const restarted = running('a', {
      restartCount: 3,
      lastState: { terminated: { exitCode: 1, finishedAt: ago(5) } },
    });
    expect(cells('pods', pod({ containerStatuses: [restarted, running('b')] }))[3]).toBe('3 (5s ago)');
  });

  it.each([
    [{ waiting: { reason: 'ImagePullBackOff' } }, 'ImagePullBackOff'],
    [{ waiting: { reason: 'ContainerCreating' } }, 'ContainerCreating'],
    [{ terminated: { reason: 'Error', exitCode: 1 } }, 'Error'],
    [{ terminated: { exitCode: 3 } }, 'ExitCode:3'],
    [{ terminated: { exitCode: 137, signal: 9 } }, 'Signal:9'],
  ])('with a container in %j', (state, status) => {
    const stopped = { name: 'b', ready: false, restartCount: 0, state };
    expect(cells('pods', pod({ containerStatuses: [running('a'), stopped] })).slice(1, 3)).toEqual([
      '1/2',
      status,
    ]);
  });

  it('of which one container completed and the other runs', () => {
    const completed = {
      name: 'a',
      restartCount: 0,
      state: { terminated: { reason: 'Completed', exitCode: 0 } },
    };
    const statuses = { containerStatuses: [completed, running('b')] };
    expect(cells('pods', pod(statuses))[2]).toBe('NotReady');
    const ready = { ...statuses, conditions: [{ type: 'Ready', status: 'True' }] };
    expect(cells('pods', pod(ready))[2]).toBe('Running');
  });

  it('that is being deleted', () => {
    const deleted = { metadata: { ...metadata(), deletionTimestamp: ago(1) } };
    expect(cells('pods', pod({}, deleted))[2]).toBe('Terminating');
    expect(cells('pods', pod({ phase: 'Succeeded' }, deleted))[2]).toBe('Succeeded');
    expect(cells('pods', pod({ reason: 'NodeLost' }, deleted))[2]).toBe('Unknown');
  });

  it('that runs its init containers', () => {
    const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] };
    const statusOf = (...initContainerStatuses: object[]): unknown =>
      cells('pods', { spec, status: { phase: 'Pending', initContainerStatuses } })[2];
    const done = { name: 'i', restartCount: 0, state: { terminated: { exitCode: 0 } } };
    expect(statusOf({ name: 'i', restartCount: 0, state: { running: {} } })).toBe('Init:0/2');
    expect(statusOf(done, { name: 'j', restartCount: 0, state: { running: {} } })).toBe('Init:1/2');
    expect(
      statusOf(done, { name: 'j', restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
    ).toBe('Init:CrashLoopBackOff');
    expect(statusOf({ name: 'i', restartCount: 0, state: { terminated: { exitCode: 2 } } })).toBe(
      'Init:ExitCode:2',
    );
  });

  it('with a sidecar counts it', () => {
    const shown = cells('pods', {
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True' }],
        initContainerStatuses: [running('s', { started: true, restartCount: 2 })],
        containerStatuses: [running('a', { restartCount: 1 })],
      },
    });
    expect(shown.slice(1, 4)).toEqual(['2/2', 'Running', '3']);
  });

  it('that completed has a condition of its row', () => {
    const completed = { metadata: metadata(), ...pod({ phase: 'Succeeded' }) } as unknown as Kinds['pods'];
    expect(printerOf(resourceOf('pods')).conditions?.(completed)).toMatchObject([
      { type: 'Completed', reason: 'Succeeded' },
    ]);
  });
});

describe('a node', () => {
  it('that is cordoned', () => {
    const shown = cells('nodes', {
      metadata: { ...metadata('node1'), labels: { 'node-role.kubernetes.io/worker': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '172.18.0.2' }],
        nodeInfo: {
          kubeletVersion: 'v1.36.2',
          osImage: 'Debian',
          kernelVersion: '',
          containerRuntimeVersion: 'docker://1',
        },
      },
    });
    expect(shown).toEqual([
      'node1',
      'Ready,SchedulingDisabled',
      'worker',
      '90s',
      'v1.36.2',
      '172.18.0.2',
      '<none>',
      'Debian',
      '<unknown>',
      'docker://1',
    ]);
  });

  it('shows its architecture beside its kernel', () => {
    const nodeInfo = { kernelVersion: '6.1.0', architecture: 'amd64' };
    expect(cells('nodes', { status: { nodeInfo } })).toContain('6.1.0 (amd64)');
  });

  it('whose readiness is not known is NotReady, and without a condition Unknown', () => {
    expect(cells('nodes', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })[1]).toBe(
      'NotReady',
    );
    expect(cells('nodes', {})[1]).toBe('Unknown');
  });
});

describe('a Service', () => {
  it.each([
    [{ type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP' }] }, {}, '<none>', '80/TCP'],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30050, protocol: 'TCP' }] },
      {},
      '<none>',
      '80:30050/TCP',
    ],
    [{ type: 'LoadBalancer', ports: [] }, {}, '<pending>', '<none>'],
    [{ type: 'LoadBalancer' }, { ingress: [{ ip: '172.18.255.1' }] }, '172.18.255.1', '<none>'],
    [{ type: 'ExternalName', externalName: 'example.com' }, {}, 'example.com', '<none>'],
    [{ type: 'ClusterIP', externalIPs: ['1.2.3.4', '1.2.3.5'] }, {}, '1.2.3.4,1.2.3.5', '<none>'],
  ])('%j', (spec, loadBalancer, externalIp, ports) => {
    const shown = cells('services', {
      spec: { clusterIPs: ['10.96.0.7'], ...spec },
      status: { loadBalancer },
    });
    expect(shown.slice(1, 5)).toEqual([spec.type, '10.96.0.7', externalIp, ports]);
  });
});

describe('endpoints', () => {
  it('print the first three and how many more there are', () => {
    const addresses = [2, 3, 4, 5, 6].map((last) => ({ ip: `10.244.0.${last}` }));
    const subsets = [{ addresses, ports: [{ port: 80 }] }];
    expect(cells('endpoints', { subsets })[1]).toBe('10.244.0.2:80,10.244.0.3:80,10.244.0.4:80 + 2 more...');
    expect(cells('endpoints', {})[1]).toBe('<none>');
    const slice = {
      addressType: 'IPv4',
      ports: [{ port: 80 }],
      endpoints: addresses.map(({ ip }) => ({ addresses: [ip] })),
    };
    expect(cells('endpointslices', slice).slice(1, 4)).toEqual([
      'IPv4',
      '80',
      '10.244.0.2,10.244.0.3,10.244.0.4 + 2 more...',
    ]);
    expect(cells('endpointslices', { addressType: 'IPv4' }).slice(2, 4)).toEqual(['<unset>', '<unset>']);
  });
});

describe('an event', () => {
  it('of the older kind and of the newer kind', () => {
    const involvedObject = { kind: 'Pod', name: 'web', fieldPath: 'spec.containers{c}' };
    expect(
      cells('events', {
        involvedObject,
        type: 'Normal',
        reason: 'Started',
        message: 'Container started\n',
        source: { component: 'kubelet', host: 'node1' },
        firstTimestamp: ago(60),
        lastTimestamp: ago(10),
        count: 4,
      }),
    ).toEqual([
      '10s',
      'Normal',
      'Started',
      'pod/web',
      'spec.containers{c}',
      'kubelet, node1',
      'Container started',
      '60s',
      '4',
      'x',
    ]);
    const newer = cells('events', {
      involvedObject,
      eventTime: ago(30),
      reportingComponent: 'default-scheduler',
      series: { count: 2, lastObservedTime: ago(3) },
    });
    expect([newer[0], newer[5], newer[7], newer[8]]).toEqual(['3s', 'default-scheduler', '30s', '2']);
  });
});

describe('workloads', () => {
  it('print what the transcript of Kubernetes shows', () => {
    const template = { spec: { containers: [{ name: 'hello-pod', image: 'nginx:alpine' }] } };
    const selector = { matchLabels: { app: 'hello-world' } };
    const deployment = cells('deployments', {
      spec: { replicas: 10, selector, template },
      status: { readyReplicas: 11, updatedReplicas: 2, availableReplicas: 9 },
    });
    expect(deployment.slice(1)).toEqual([
      '11/10',
      '2',
      '9',
      '90s',
      'hello-pod',
      'nginx:alpine',
      'app=hello-world',
    ]);
    const set = cells('replicasets', { spec: { replicas: 2, selector, template }, status: { replicas: 2 } });
    expect(set.slice(1, 4)).toEqual([2, 2, 0]);
  });
});

const ingress = (spec: object, status: object = {}): object => ({ spec, status });

describe('the cells', () => {
  it.each([
    ['ingresses', ingress({}), ['x', '<none>', '*', '', '80', '90s']],
    [
      'ingresses',
      ingress(
        { ingressClassName: 'c', tls: [{}], rules: ['a', 'b', 'c', 'd', 'e'].map((host) => ({ host })) },
        { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: 'h' }, { ip: '1.1.1.1' }] } },
      ),
      ['x', 'c', 'a,b,c + 2 more...', '1.1.1.1,2.2.2.2,h', '80, 443', '90s'],
    ],
    [
      'ingressclasses',
      { spec: { controller: 'a/b', parameters: { apiGroup: 'g.io', kind: 'K', name: 'n' } } },
      ['x', 'a/b', 'K.g.io/n', '90s'],
    ],
    ['networkpolicies', { spec: { podSelector: { matchLabels: { a: 'b' } } } }, ['x', 'a=b', '90s']],
    [
      'ipaddresses',
      { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } } },
      ['x', 'services/default/web'],
    ],
    ['storageclasses', { provisioner: 'p' }, ['x', 'p', 'Delete', 'Immediate', false, '90s']],
    [
      'csidrivers',
      { spec: { attachRequired: false, tokenRequests: [{ audience: 'a' }, { audience: 'b' }] } },
      ['x', false, false, false, 'a,b', false, '<none>', '90s'],
    ],
    [
      'volumeattachments',
      { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
      ['x', 'a', 'pv', 'n', false, '90s'],
    ],
    ['priorityclasses', { value: 5 }, ['x', 5, false, '90s', 'PreemptLowerPriority']],
    ['apiservices', { spec: {} }, ['x', 'Local', 'Unknown', '90s']],
    [
      'apiservices',
      {
        spec: { service: { namespace: 'n', name: 's' } },
        status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] },
      },
      ['x', 'n/s', 'False (MissingEndpoints)', '90s'],
    ],
    [
      'flowschemas',
      {
        spec: { priorityLevelConfiguration: { name: 'p' }, matchingPrecedence: 9 },
        status: { conditions: [{ type: 'Dangling', status: 'False' }] },
      },
      ['x', 'p', 9, '<none>', '90s', 'False'],
    ],
    [
      'prioritylevelconfigurations',
      {
        spec: {
          type: 'Limited',
          limited: {
            nominalConcurrencyShares: 30,
            limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } },
          },
        },
      },
      ['x', 'Limited', 30, 64, 6, 50, '90s'],
    ],
    [
      'prioritylevelconfigurations',
      { spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0 } } },
      ['x', 'Exempt', 0, '<none>', '<none>', '<none>', '90s'],
    ],
    [
      'validatingadmissionpolicies',
      { spec: { validations: [{}, {}], paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } },
      ['x', 2, 'v1/ConfigMap', '90s'],
    ],
    [
      'validatingadmissionpolicybindings',
      { spec: { policyName: 'p', paramRef: { name: 'n' } } },
      ['x', 'p', '*/n', '90s'],
    ],
    [
      'resourceclaims',
      { spec: {}, status: { allocation: {}, reservedFor: [{}] } },
      ['x', 'allocated,reserved', '90s'],
    ],
  ] as [ResourceName, object, unknown[]][])('of one of the %s, %j', (resource, object, expected) => {
    expect(cells(resource, object)).toEqual(expected);
  });
});
