import type {
  FlowcontrolV1Subject,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
} from '#api/gen/types.ts';
import type { KubeObject } from '#api/resources.ts';
import {
  EVERYBODY,
  everything,
  group,
  MANDATORY_LEVELS,
  MANDATORY_SCHEMAS,
} from '../../registry/strategies/flowcontrol/mandatory-objects.ts';
import type { Wanted } from './objects.ts';

/** An administrator who takes this annotation away keeps what they have changed. */
const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';

const metadata = (name: string) => ({ name, annotations: { [AUTO_UPDATE]: 'true' } });
const isEnforced = (object: Pick<KubeObject, 'metadata'>): boolean =>
  object.metadata.name in MANDATORY_SCHEMAS || object.metadata.annotations?.[AUTO_UPDATE] === 'true';

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
  level('exempt', MANDATORY_LEVELS.exempt),
  level('catch-all', MANDATORY_LEVELS['catch-all']),
  queued('system', 30, 33, 64, 6),
  queued('node-high', 40, 25, 64, 6),
  queued('leader-election', 10, 0, 16, 4),
  queued('workload-high', 40, 50, 128, 6),
  queued('workload-low', 100, 90, 128, 6),
  queued('global-default', 20, 50, 128, 6),
];

const user = (name: string): FlowcontrolV1Subject => ({ kind: 'User', user: { name } });
const ANY_SYSTEM_ACCOUNT: FlowcontrolV1Subject = {
  kind: 'ServiceAccount',
  serviceAccount: { name: '*', namespace: 'kube-system' },
};

const leases = (verbs: string[]): ResourcePolicyRule => ({
  verbs,
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  namespaces: ['*'],
});

const schema = (name: string, spec: FlowSchemaSpec): Wanted<'flowschemas'> => ({
  resource: 'flowschemas',
  object: { metadata: metadata(name), spec },
  enforced: ['spec'],
  isEnforced,
});

const suggested = (
  name: string,
  priorityLevel: string,
  matchingPrecedence: number,
  distinguisher: FlowDistinguisher,
  rule: PolicyRulesWithSubjects,
): Wanted<'flowschemas'> =>
  schema(name, {
    priorityLevelConfiguration: { name: priorityLevel },
    matchingPrecedence,
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [rule],
  });

type FlowDistinguisher = 'ByUser' | 'ByNamespace' | undefined;

const SCHEMAS: readonly Wanted[] = [
  schema('exempt', MANDATORY_SCHEMAS.exempt),
  suggested('probes', 'exempt', 2, undefined, {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  suggested('system-leader-election', 'leader-election', 100, 'ByUser', {
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), ANY_SYSTEM_ACCOUNT],
    resourceRules: [leases(['get', 'create', 'update'])],
  }),
  suggested('system-node-high', 'node-high', 400, 'ByUser', {
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
  suggested('system-nodes', 'system', 500, 'ByUser', everything(group('system:nodes'))),
  suggested(
    'kube-controller-manager',
    'workload-high',
    800,
    'ByNamespace',
    everything(user('system:kube-controller-manager')),
  ),
  suggested('kube-scheduler', 'workload-high', 800, 'ByNamespace', everything(user('system:kube-scheduler'))),
  suggested(
    'kube-system-service-accounts',
    'workload-high',
    900,
    'ByNamespace',
    everything(ANY_SYSTEM_ACCOUNT),
  ),
  suggested('service-accounts', 'workload-low', 9000, 'ByUser', everything(group('system:serviceaccounts'))),
  suggested('global-default', 'global-default', 9900, 'ByUser', everything(...EVERYBODY)),
  schema('catch-all', MANDATORY_SCHEMAS['catch-all']),
];

/** The priority levels and flow schemas of a new cluster. */
export const FLOW_CONTROL: readonly Wanted[] = [...LEVELS, ...SCHEMAS];
