import type {
  FlowcontrolV1Subject,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
} from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import type { Wanted } from './objects.ts';

/** An administrator who takes this annotation away keeps what they have changed. */
const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';
/** What the API server itself relies on is put back whatever the annotation says. */
const MANDATORY = ['exempt', 'catch-all'];

const metadata = (name: string) => ({ name, annotations: { [AUTO_UPDATE]: 'true' } });
const isEnforced = (object: Pick<KubeObject, 'metadata'>): boolean =>
  MANDATORY.includes(object.metadata.name) || object.metadata.annotations?.[AUTO_UPDATE] === 'true';

const level = (
  name: string,
  spec: PriorityLevelConfigurationSpec,
): Wanted<'prioritylevelconfigurations'> => ({
  resource: 'prioritylevelconfigurations',
  object: { metadata: metadata(name), spec },
  enforced: ['spec'],
  isEnforced,
});

const queued = (
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queues: number,
  handSize: number,
) =>
  level(name, {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares,
      lendablePercent,
      limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
    },
  });

/** k8s.io/apiserver `pkg/apis/flowcontrol/bootstrap` */
const LEVELS: readonly Wanted[] = [
  level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  level('catch-all', {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
  }),
  queued('system', 30, 33, 64, 6),
  queued('node-high', 40, 25, 64, 6),
  queued('leader-election', 10, 0, 16, 4),
  queued('workload-high', 40, 50, 128, 6),
  queued('workload-low', 100, 90, 128, 6),
  queued('global-default', 20, 50, 128, 6),
];

const group = (name: string): FlowcontrolV1Subject => ({ kind: 'Group', group: { name } });
const user = (name: string): FlowcontrolV1Subject => ({ kind: 'User', user: { name } });
const ANY_SYSTEM_ACCOUNT: FlowcontrolV1Subject = {
  kind: 'ServiceAccount',
  serviceAccount: { name: '*', namespace: 'kube-system' },
};
const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];

const everything = (...subjects: FlowcontrolV1Subject[]): PolicyRulesWithSubjects => ({
  subjects,
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
});

const leases = (verbs: string[]): ResourcePolicyRule => ({
  verbs,
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  namespaces: ['*'],
});

function schema(
  name: string,
  priorityLevel: string,
  matchingPrecedence: number,
  distinguisher: FlowDistinguisher,
  rule: PolicyRulesWithSubjects,
): Wanted<'flowschemas'> {
  const spec: FlowSchemaSpec = {
    priorityLevelConfiguration: { name: priorityLevel },
    matchingPrecedence,
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [rule],
  };
  return {
    resource: 'flowschemas',
    object: { metadata: metadata(name), spec },
    enforced: ['spec'],
    isEnforced,
  };
}

type FlowDistinguisher = 'ByUser' | 'ByNamespace' | undefined;

const SCHEMAS: readonly Wanted[] = [
  schema('exempt', 'exempt', 1, undefined, everything(group('system:masters'))),
  schema('probes', 'exempt', 2, undefined, {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), ANY_SYSTEM_ACCOUNT],
    resourceRules: [leases(['get', 'create', 'update'])],
  }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: [group('system:nodes')],
    resourceRules: [
      {
        verbs: ['*'],
        apiGroups: [''],
        resources: ['nodes', 'nodes/status'],
        clusterScope: true,
        namespaces: ['*'],
      },
      leases(['*']),
    ],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', everything(group('system:nodes'))),
  schema(
    'kube-controller-manager',
    'workload-high',
    800,
    'ByNamespace',
    everything(user('system:kube-controller-manager')),
  ),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', everything(user('system:kube-scheduler'))),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', everything(ANY_SYSTEM_ACCOUNT)),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', everything(group('system:serviceaccounts'))),
  schema('global-default', 'global-default', 9900, 'ByUser', everything(...EVERYBODY)),
  schema('catch-all', 'catch-all', 10000, 'ByUser', everything(...EVERYBODY)),
];

/** The priority levels and flow schemas of a new cluster. */
export const FLOW_CONTROL: readonly Wanted[] = [...LEVELS, ...SCHEMAS];
