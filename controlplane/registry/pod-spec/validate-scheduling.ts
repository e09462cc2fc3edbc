import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '#api/gen/types.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { labelValueProblems, qualifiedNameProblems } from '#api/validation.ts';
import { validateLabelSelector } from '../strategies/label-selector.ts';
import { eachItem, invalidFor, oneOf } from './field-rules.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  const node = affinity?.nodeAffinity;
  const terms = node?.[REQUIRED]?.nodeSelectorTerms;
  const at = `${path}.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
  return [
    ...(node?.[REQUIRED] !== undefined && (terms ?? []).length === 0
      ? [required(at, 'must have at least one node selector term')]
      : eachItem(terms, at, validateNodeTerm)),
    ...eachItem(node?.[PREFERRED], `${path}.nodeAffinity.${PREFERRED}`, ({ weight, preference }, one) => [
      ...validateWeight(weight, one),
      ...validateNodeTerm(preference, `${one}.preference`),
    ]),
    ...(['podAffinity', 'podAntiAffinity'] as const).flatMap((field) => [
      ...eachItem(affinity?.[field]?.[REQUIRED], `${path}.${field}.${REQUIRED}`, validatePodTerm),
      ...eachItem(affinity?.[field]?.[PREFERRED], `${path}.${field}.${PREFERRED}`, (term, one) => [
        ...validateWeight(term.weight, one),
        ...validatePodTerm(term.podAffinityTerm, `${one}.podAffinityTerm`),
      ]),
    ]),
  ];
}

const validateWeight = (weight: number, path: string): FieldError[] =>
  weight >= 1 && weight <= 100 ? [] : [invalid(`${path}.weight`, weight, 'must be in the range 1-100')];

export const validateNodeTerm = (term: NodeSelectorTerm, path: string): FieldError[] => [
  ...eachItem(term.matchExpressions, `${path}.matchExpressions`, validateNodeRequirement),
  ...eachItem(term.matchFields, `${path}.matchFields`, validateNodeField),
];

/** `ValidateNodeSelectorRequirement`. */
function validateNodeRequirement(requirement: NodeSelectorRequirement, path: string): FieldError[] {
  const { key, operator, values = [] } = requirement;
  return [
    ...validateOperator(operator, values, path),
    ...invalidFor(`${path}.key`, key, qualifiedNameProblems(key)),
    ...eachItem(values, `${path}.values`, (value, at) => invalidFor(at, value, labelValueProblems(value))),
  ];
}

function validateOperator(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return values.length === 1
        ? []
        : [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalid(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

/** Only a node's name may be selected as a field. */
function validateNodeField(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
): FieldError[] {
  return [
    ...(operator === 'In' || operator === 'NotIn'
      ? values.length === 1
        ? []
        : [
            required(
              `${path}.values`,
              "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
          ]
      : [invalid(`${path}.operator`, operator, 'not a valid selector operator')]),
    ...(key === 'metadata.name' ? [] : [invalid(`${path}.key`, key, 'not a valid field selector key')]),
  ];
}

/** `validatePodAffinityTerm`. */
const validatePodTerm = (term: PodAffinityTerm, path: string): FieldError[] => [
  ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
  ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
  ...(term.topologyKey
    ? invalidFor(`${path}.topologyKey`, term.topologyKey, qualifiedNameProblems(term.topologyKey))
    : [required(`${path}.topologyKey`, 'can not be empty')]),
];

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** `ValidateTolerations`. */
export const validateTolerations = (
  tolerations: readonly Toleration[] | undefined,
  path: string,
): FieldError[] => eachItem(tolerations, path, validateToleration);

function validateToleration(toleration: Toleration, path: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  const errors = key === '' ? [] : invalidFor(`${path}.key`, key, qualifiedNameProblems(key));
  if (key === '' && operator !== 'Exists') {
    errors.push(
      invalid(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(
      invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  if (operator === 'Equal' || operator === '') {
    errors.push(...invalidFor(`${path}.operator`, value, labelValueProblems(value)));
  } else if (operator !== 'Exists') {
    errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  } else if (value !== '') {
    errors.push(invalid(`${path}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
  }
  return [...errors, ...oneOf(effect, EFFECTS, `${path}.effect`, true)];
}

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return eachItem(constraints, path, ({ maxSkew, topologyKey, whenUnsatisfiable, labelSelector }, at) => {
    const errors = maxSkew > 0 ? [] : [invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero')];
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    else errors.push(...invalidFor(`${at}.topologyKey`, topologyKey, qualifiedNameProblems(topologyKey)));
    errors.push(...oneOf(whenUnsatisfiable, UNSATISFIABLE, `${at}.whenUnsatisfiable`));
    const identity = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(identity)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, identity));
    seen.add(identity);
    return [...errors, ...validateLabelSelector(labelSelector, `${at}.labelSelector`)];
  });
}
