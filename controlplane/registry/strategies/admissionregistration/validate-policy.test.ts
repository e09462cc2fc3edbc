import { acceptsCreates, refusesCreates, refusesUpdates } from '../test-refusals.ts';

const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const MATCH = { resourceRules: [RULE] };
const validating = (spec: object) => ({
  spec: { matchConstraints: MATCH, validations: [{ expression: 'true' }], ...spec },
});
const MUTATION = { patchType: 'JSONPatch', jsonPatch: { expression: '[]' } };
const mutating = (spec: object) => ({
  spec: { matchConstraints: MATCH, mutations: [MUTATION], reinvocationPolicy: 'Never', ...spec },
});
const binding = (spec: object) => ({ spec: { policyName: 'p', ...spec } });
const denying = (spec: object) => binding({ validationActions: ['Deny'], ...spec });

refusesCreates([
  [
    'validatingadmissionpolicies',
    {},
    [
      'spec.matchConstraints: Required value',
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  ],
  [
    'validatingadmissionpolicies',
    validating({ matchConstraints: { matchPolicy: 'Close' }, failurePolicy: 'Retry' }),
    [
      'spec.failurePolicy: Unsupported value: "Retry": supported values: "Fail", "Ignore"',
      'spec.matchConstraints.matchPolicy: Unsupported value: "Close": supported values: "Equivalent", "Exact"',
      'spec.matchConstraints.resourceRules: Required value',
    ],
  ],
  [
    'validatingadmissionpolicies',
    validating({
      matchConstraints: {
        resourceRules: [{ ...RULE, operations: [], resourceNames: ['a/b', 'c', 'c'] }],
        excludeResourceRules: [{ ...RULE, scope: 'Some' }],
      },
    }),
    [
      `spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: "a/b": may not contain '/'`,
      'spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "c"',
      'spec.matchConstraints.resourceRules[0].operations: Required value',
      'spec.matchConstraints.excludeResourceRules[0].scope: Unsupported value: "Some": supported values: "*", "Cluster", "Namespaced"',
    ],
  ],
  [
    'validatingadmissionpolicies',
    validating({ paramKind: { apiVersion: 'a/b/c' } }),
    [
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      'spec.paramKind.kind: Required value',
    ],
  ],
  [
    'validatingadmissionpolicies',
    validating({ paramKind: { apiVersion: 'a.b/', kind: 'K' } }),
    ['spec.paramKind.apiVersion: Invalid value: "a.b/": version must be specified'],
  ],
  [
    'validatingadmissionpolicies',
    validating({ variables: [{ name: 'in', expression: '1' }, { expression: ' ' }] }),
    [
      'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
      'spec.variables[1].name: Required value: name is not specified',
      'spec.variables[1].expression: Required value: expression is not specified',
    ],
  ],
  [
    'validatingadmissionpolicies',
    validating({
      validations: [
        { message: ' ', messageExpression: ' ' },
        { expression: 'true', message: 'a\nb', reason: 'Mood' },
      ],
    }),
    [
      'spec.validations[0].expression: Required value: expression is not specified',
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: " ": message must be non-empty if specified',
      'spec.validations[1].message: Invalid value: "a\\nb": message must not contain line breaks',
      'spec.validations[1].reason: Unsupported value: "Mood": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
    ],
  ],
  [
    'validatingadmissionpolicies',
    validating({ auditAnnotations: [{ key: 'k' }, { key: 'k', valueExpression: `'${'x'.repeat(5119)}'` }] }),
    [
      'spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified',
      'spec.auditAnnotations[1].valueExpression: Required value: must not exceed 5120 bytes in length',
      'spec.auditAnnotations[1].key: Duplicate value: "k"',
    ],
  ],
  [
    'mutatingadmissionpolicies',
    {},
    [
      'spec.matchConstraints: Required value',
      'spec.mutations: Required value: mutations must contain at least one item',
      'spec.reinvocationPolicy: Required value',
    ],
  ],
  [
    'mutatingadmissionpolicies',
    mutating({ matchConstraints: { resourceRules: [{ ...RULE, operations: ['DELETE'] }] } }),
    [
      'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ],
  [
    'mutatingadmissionpolicies',
    mutating({ mutations: [{}, { patchType: 'Merge' }, { ...MUTATION, patchType: 'ApplyConfiguration' }] }),
    [
      'spec.mutations[0].patchType: Required value',
      'spec.mutations[1].patchType: Unsupported value: "Merge": supported values: "ApplyConfiguration", "JSONPatch"',
      'spec.mutations[2].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
      'spec.mutations[2].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
    ],
  ],
  [
    'mutatingadmissionpolicies',
    mutating({ mutations: [{ patchType: 'JSONPatch', jsonPatch: {} }], reinvocationPolicy: 'Often' }),
    [
      'spec.mutations[0].jsonPatch.expression: Required value: expression is not specified',
      'spec.reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"',
    ],
  ],
  [
    'validatingadmissionpolicybindings',
    {},
    [
      'spec.policyName: Required value',
      'spec.validationActions: Required value: at least one validation action is required',
    ],
  ],
  [
    'validatingadmissionpolicybindings',
    binding({ validationActions: ['Deny', 'Warn', 'Warn', 'Log'] }),
    [
      'spec.validationActions[2]: Duplicate value: "Warn"',
      'spec.validationActions[3]: Unsupported value: "Log": supported values: "Audit", "Deny", "Warn"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Warn","Log"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
  ],
  [
    'validatingadmissionpolicybindings',
    denying({ paramRef: { name: 'a', selector: {} } }),
    [
      'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.parameterNotFoundAction: Required value',
    ],
  ],
  [
    'validatingadmissionpolicybindings',
    denying({ paramRef: { parameterNotFoundAction: 'Shrug' } }),
    [
      'spec.paramRef: Required value: one of name or selector must be specified',
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "Shrug": supported values: "Deny", "Allow"',
    ],
  ],
  [
    'mutatingadmissionpolicybindings',
    binding({ matchResources: { resourceRules: [{ ...RULE, operations: ['DELETE'] }] } }),
    [
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ],
]);

refusesUpdates([
  [
    'validatingadmissionpolicies',
    validating({}),
    { spec: { matchConstraints: { resourceRules: [RULE] }, validations: [{}] } },
    ['spec.validations[0].expression: Required value: expression is not specified'],
  ],
  [
    'mutatingadmissionpolicybindings',
    binding({}),
    { spec: { policyName: 'P p' } },
    [
      `spec.policyName: Invalid value: "P p": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
]);

acceptsCreates([
  [
    'validatingadmissionpolicies',
    validating({
      paramKind: { apiVersion: 'a.b/v1', kind: 'K' },
      matchConditions: [{ name: 'a', expression: 'true' }],
      variables: [{ name: 'v', expression: '1' }],
      validations: [{ expression: 'variables.v == 1', message: 'm', reason: 'Invalid' }],
      auditAnnotations: [{ key: 'k', valueExpression: `'x'` }],
    }),
  ],
  ['mutatingadmissionpolicies', mutating({})],
  [
    'validatingadmissionpolicybindings',
    denying({ paramRef: { selector: {}, parameterNotFoundAction: 'Allow' }, matchResources: MATCH }),
  ],
  ['mutatingadmissionpolicybindings', binding({ matchResources: MATCH })],
]);
