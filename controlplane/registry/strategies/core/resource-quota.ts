import { deepEqual } from '#api/equal.ts';
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '#api/gen/types.ts';
import { parseQuantity } from '#api/quantity.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { qualifiedNameProblems } from '#api/validation.ts';
import { invalidFor } from '../../pod-spec/field-rules.ts';
import { isExtended } from '../../pod-spec/validate-resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/core/resourcequota/strategy.go */
export const resourceQuotaStrategy: Strategy<Kinds['resourcequotas']> = {
  setDefaults(quota) {
    quota.spec ??= {};
    quota.status ??= {};
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate: ({ spec = {} }) => [
    ...amountErrors(spec.hard, 'spec.hard'),
    ...scopeErrors(spec),
    ...scopeSelectorErrors(spec),
  ],
  prepareForUpdate(quota, old) {
    quota.status = old.status ?? {};
  },
  validateUpdate: ({ spec }, old) =>
    deepEqual((spec?.scopes ?? []).toSorted(), (old.spec?.scopes ?? []).toSorted())
      ? []
      : [invalid('spec.scopes', spec?.scopes ?? null, 'field is immutable')],
  status: {
    prepareForUpdate(quota, old) {
      quota.spec = old.spec ?? {};
    },
    validateUpdate: ({ status = {} }) => [
      ...amountErrors(status.hard, 'status.hard'),
      ...amountErrors(status.used, 'status.used'),
    ],
  },
};

const COMPUTE_RESOURCES = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const COUNTED_RESOURCES = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const STORAGE_RESOURCES = [
  'ephemeral-storage',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
];
const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  ...COMPUTE_RESOURCES,
  ...COUNTED_RESOURCES,
  ...STORAGE_RESOURCES,
]);

const isStandard = (name: string): boolean =>
  QUOTA_RESOURCES.has(name) || /^(requests\.)?hugepages-/.test(name);

/** `ValidateResourceQuotaResourceName` and `ValidateResourceQuantityValue` of each. */
function amountErrors(
  amounts: { readonly [resource: string]: string } | undefined,
  path: string,
): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const at = `${path}[${name}]`;
    const { nano } = parseQuantity(amount);
    const mustBeInteger = COUNTED_RESOURCES.includes(name) || isExtended(name);
    return [
      ...nameErrors(name, at),
      ...(nano < 0n ? [invalid(at, amount, 'must be greater than or equal to 0')] : []),
      ...(mustBeInteger && nano % 1_000_000_000n !== 0n ? [invalid(at, amount, 'must be an integer')] : []),
    ];
  });
}

function nameErrors(name: string, path: string): FieldError[] {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) return invalidFor(path, name, problems);
  return name.includes('/') || isStandard(name)
    ? []
    : [invalid(path, name, 'must be a standard resource for quota')];
}

const ofPods = ['pods', ...COMPUTE_RESOURCES];
/** Which resources a quota with the scope may count (`IsResourceQuotaScopeValidForResource`). */
const SCOPES: { readonly [scope: string]: readonly string[] } = {
  BestEffort: ['pods'],
  CrossNamespacePodAffinity: ofPods,
  NotBestEffort: ofPods,
  NotTerminating: ofPods,
  PriorityClass: ofPods,
  Terminating: ofPods,
  VolumeAttributesClass: ['requests.storage', 'persistentvolumeclaims'],
};
const CONFLICTING = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function misfits(scope: string, { hard = {} }: ResourceQuotaSpec): number {
  const allowed = Object.hasOwn(SCOPES, scope) ? SCOPES[scope]! : undefined;
  if (allowed === undefined) return 0;
  return Object.keys(hard).filter((name) => isStandard(name) && !allowed.includes(name)).length;
}

const conflicts = (scopes: readonly string[]): number =>
  CONFLICTING.filter((pair) => pair.every((scope) => scopes.includes(scope))).length;

const repeat = (times: number, error: FieldError): FieldError[] => Array.from({ length: times }, () => error);

function scopeErrors(spec: ResourceQuotaSpec): FieldError[] {
  const { scopes = [] } = spec;
  const path = 'spec.scopes';
  return [
    ...scopes.flatMap((scope) => [
      ...(Object.hasOwn(SCOPES, scope) ? [] : [invalid(path, scopes, 'unsupported scope')]),
      ...repeat(misfits(scope, spec), invalid(path, scopes, 'unsupported scope applied to resource')),
    ]),
    ...repeat(conflicts(scopes), invalid(path, scopes, 'conflicting scopes')),
  ];
}

function scopeSelectorErrors(spec: ResourceQuotaSpec): FieldError[] {
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  const path = 'spec.scopeSelector.matchExpressions';
  const scopes = expressions.map(({ scopeName }) => scopeName);
  return [
    ...expressions.flatMap((expression) => [
      ...(Object.hasOwn(SCOPES, expression.scopeName)
        ? []
        : [invalid(`${path}.scopeName`, expression.scopeName ?? '', 'unsupported scope')]),
      ...repeat(
        misfits(expression.scopeName, spec),
        invalid(path, spec.scopeSelector, 'unsupported scope applied to resource'),
      ),
      ...expressionErrors(expression, path),
    ]),
    ...repeat(conflicts(scopes), invalid(path, spec.scopes ?? null, 'conflicting scopes')),
  ];
}

function expressionErrors(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  path: string,
): FieldError[] {
  const takesValues = scopeName === 'PriorityClass' || scopeName === 'VolumeAttributesClass';
  const errors: FieldError[] = [];
  if (Object.hasOwn(SCOPES, scopeName) && !takesValues && operator !== 'Exists') {
    const why =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalid(`${path}.operator`, operator ?? '', why));
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
        errors.push(required(`${path}.values`, why));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
        errors.push(invalid(`${path}.values`, values, why));
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  }
  return errors;
}
