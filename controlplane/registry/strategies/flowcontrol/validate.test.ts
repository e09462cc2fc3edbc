import { expect } from 'vitest';
import { acceptsCreates, refusesCreates, refusesUpdates } from '../test-refusals.ts';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS } from './mandatory-objects.ts';

const SUBJECT = { kind: 'User', user: { name: 'u' } };
const RESOURCES = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] };
const PATHS = { verbs: ['*'], nonResourceURLs: ['/', '/healthz/*'] };
const schema = (spec: object) => ({ spec: { priorityLevelConfiguration: { name: 'p' }, ...spec } });
const ruled = (rule: object) =>
  schema({ rules: [{ subjects: [SUBJECT], resourceRules: [RESOURCES], ...rule }] });
const limited = (more: object) => ({
  spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...more } },
});
const queuing = (more: object) => limited({ limitResponse: { type: 'Queue', queuing: more } });

refusesCreates([
  [
    'flowschemas',
    {},
    ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ],
  [
    'flowschemas',
    schema({ matchingPrecedence: 1, distinguisherMethod: { type: 'ByMood' } }),
    [
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      'spec.distinguisherMethod.type: Unsupported value: {"type":"ByMood"}: supported values: "ByNamespace", "ByUser"',
    ],
  ],
  [
    'flowschemas',
    schema({ matchingPrecedence: 10_001, rules: [{}] }),
    [
      'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
      'spec.rules[0].subjects: Required value: subjects must contain at least one value',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  ],
  [
    'flowschemas',
    ruled({
      subjects: [
        {},
        { kind: 'Group', user: { name: 'u' } },
        { kind: 'ServiceAccount', serviceAccount: { name: '*' } },
        { kind: 'User', user: {} },
      ],
    }),
    [
      'spec.rules[0].subjects[0].kind: Unsupported value: "": supported values: "Group", "ServiceAccount", "User"',
      "spec.rules[0].subjects[1].group: Required value: group is required when subject kind is 'Group'",
      "spec.rules[0].subjects[1].user: Forbidden: user is forbidden when subject kind is not 'User'",
      'spec.rules[0].subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account',
      'spec.rules[0].subjects[3].user.name: Required value',
    ],
  ],
  [
    'flowschemas',
    ruled({ resourceRules: [{}, { ...RESOURCES, verbs: ['*', 'get'], apiGroups: ['*', 'apps'] }] }),
    [
      'spec.rules[0].resourceRules[0].verbs: Required value: verbs must contain at least one value',
      'spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource',
      'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
      `spec.rules[0].resourceRules[1].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
      `spec.rules[0].resourceRules[1].apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
    ],
  ],
  [
    'flowschemas',
    ruled({
      nonResourceRules: [{ verbs: ['post'], nonResourceURLs: ['a', '/b//c', '/d e', '/*/f', '/g*'] }],
    }),
    [
      'spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["post"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/b//c": must not contain double slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/d e": must not contain white-space',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/*/f": wildcard can only do suffix matching',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/g*": wildcard can only do suffix matching',
    ],
  ],
  [
    'prioritylevelconfigurations',
    {},
    ['spec.type: Unsupported value: "": supported values: "Exempt", "Limited"'],
  ],
  [
    'prioritylevelconfigurations',
    { spec: { type: 'Exempt', exempt: { lendablePercent: 101 } } },
    [
      `spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`,
      'spec.exempt.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
    ],
  ],
  [
    'prioritylevelconfigurations',
    { spec: { type: 'Limited', exempt: {} } },
    [
      'spec.exempt: Forbidden: must be nil if the type is Limited',
      'spec.limited: Required value: must not be empty when type is Limited',
    ],
  ],
  [
    'prioritylevelconfigurations',
    limited({ nominalConcurrencyShares: -1, borrowingLimitPercent: -2, limitResponse: { type: 'Queue' } }),
    [
      'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
      'spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited',
      'spec.limited.borrowingLimitPercent: Invalid value: -2: if specified, must be a non-negative integer',
    ],
  ],
  [
    'prioritylevelconfigurations',
    queuing({ queues: 512, handSize: 8, queueLengthLimit: -1 }),
    [
      'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive',
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60',
    ],
  ],
  [
    'prioritylevelconfigurations',
    queuing({ queues: 4, handSize: 5 }),
    ['spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)'],
  ],
  [
    'flowschemas',
    { metadata: { name: 'exempt' }, spec: { ...MANDATORY_SCHEMAS.exempt, matchingPrecedence: 2 } },
    [expect.stringMatching(/^spec: Invalid value: .*: spec of 'exempt' must equal the fixed value$/)],
  ],
  [
    'prioritylevelconfigurations',
    { metadata: { name: 'catch-all' }, ...limited({}) },
    [expect.stringMatching(/^spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/)],
  ],
]);

refusesUpdates([
  [
    'prioritylevelconfigurations',
    limited({}),
    { spec: { type: 'Limited' } },
    ['spec.limited: Required value: must not be empty when type is Limited'],
  ],
]);

acceptsCreates([
  ['flowschemas', ruled({ nonResourceRules: [PATHS] })],
  ['flowschemas', { metadata: { name: 'catch-all' }, spec: MANDATORY_SCHEMAS['catch-all'] }],
  ['prioritylevelconfigurations', queuing({})],
  [
    'prioritylevelconfigurations',
    {
      metadata: { name: 'exempt' },
      spec: { ...MANDATORY_LEVELS.exempt, exempt: { nominalConcurrencyShares: 10 } },
    },
  ],
]);
