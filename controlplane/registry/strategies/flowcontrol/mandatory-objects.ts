import type {
  FlowcontrolV1Subject,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
} from '#api/gen/types.ts';

// k8s.io/apiserver `pkg/apis/flowcontrol/bootstrap`: what the API server itself relies on, and nobody may change.

export const group = (name: string): FlowcontrolV1Subject => ({ kind: 'Group', group: { name } });
export const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];

/** Whatever the subjects ask for. */
export const everything = (...subjects: FlowcontrolV1Subject[]): PolicyRulesWithSubjects => ({
  subjects,
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
});

export const MANDATORY_LEVELS = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
  },
} as const satisfies { readonly [name: string]: PriorityLevelConfigurationSpec };

export const MANDATORY_SCHEMAS = {
  exempt: {
    priorityLevelConfiguration: { name: 'exempt' },
    matchingPrecedence: 1,
    rules: [everything(group('system:masters'))],
  },
  'catch-all': {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [everything(...EVERYBODY)],
  },
} satisfies { readonly [name: string]: FlowSchemaSpec };

/** The fixed spec of the name, of those given. */
export const mandatorySpec = <T>(specs: { readonly [name: string]: T }, name: string): T | undefined =>
  Object.hasOwn(specs, name) ? specs[name] : undefined;
