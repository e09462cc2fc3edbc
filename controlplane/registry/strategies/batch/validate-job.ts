import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '#api/gen/types.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { eachItem, oneOf } from '../../pod-spec/field-rules.ts';
import { nonNegative, validateTemplate } from '../apps/workload.ts';

const MAX_INDEXED_PARALLELISM = 100_000;
const COMPLETION_MODES = ['Indexed', 'NonIndexed'];
const REPLACEMENT_POLICIES = ['Failed', 'TerminatingOrFailed'];

/** `validateJobSpec`: of a Job and of a CronJob's template, without the selector. */
export function validateJobFields(spec: JobSpec, path: string): FieldError[] {
  return [
    ...COUNTS.flatMap((field) => nonNegative(spec[field], `${path}.${field}`)),
    ...validateManagedBy(spec.managedBy, `${path}.managedBy`),
    ...validateIndexes(spec, path),
    ...validateFailurePolicy(spec, `${path}.podFailurePolicy`),
    ...validateSuccessPolicy(spec, `${path}.successPolicy`),
    ...validateReplacement(spec, `${path}.podReplacementPolicy`),
    ...validateTemplate(spec.template, `${path}.template`),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

const MAX_MANAGER = 63;

function validateManagedBy(manager: string | undefined, path: string): FieldError[] {
  if (manager === undefined) return [];
  const errors: FieldError[] = /^[^/]+\/.+$/.test(manager)
    ? []
    : [invalid(path, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  if (manager.length > MAX_MANAGER) {
    errors.push({
      type: 'FieldValueTooLong',
      field: path,
      detail: `may not be more than ${MAX_MANAGER} bytes`,
    });
  }
  return errors;
}

function validateIndexes(spec: JobSpec, path: string): FieldError[] {
  const { completionMode, completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const isIndexed = completionMode === 'Indexed';
  const errors =
    completionMode === undefined ? [] : oneOf(completionMode, COMPLETION_MODES, `${path}.completionMode`);
  if (isIndexed && completions === undefined) {
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (isIndexed && parallelism > MAX_INDEXED_PARALLELISM) {
    const why = `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`;
    errors.push(invalid(`${path}.parallelism`, parallelism, why));
  }
  if (!isIndexed && backoffLimitPerIndex !== undefined) {
    errors.push(
      invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'),
    );
  }
  if (!isIndexed && maxFailedIndexes !== undefined) {
    errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'));
  }
  if (isIndexed && maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions) {
      const why = 'must be less than or equal to completions';
      errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, why));
    }
    if (backoffLimitPerIndex === undefined) {
      errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
    }
  }
  return errors;
}

function validateRestartPolicy(spec: JobSpec, path: string): FieldError[] {
  const { restartPolicy = 'Always' } = spec.template.spec ?? {};
  if (restartPolicy === '' || restartPolicy === 'Always') {
    return [required(path, 'valid values: "OnFailure", "Never"')];
  }
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') {
    return [notSupported(path, restartPolicy, ['OnFailure', 'Never'])];
  }
  return spec.podFailurePolicy !== undefined && restartPolicy !== 'Never'
    ? [invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

function validateReplacement(
  { podReplacementPolicy: policy, podFailurePolicy }: JobSpec,
  path: string,
): FieldError[] {
  if (policy === undefined) return [];
  if (podFailurePolicy !== undefined && policy !== 'Failed') return [notSupported(path, policy, ['Failed'])];
  return oneOf(policy, REPLACEMENT_POLICIES, path);
}

const MAX_RULES = 20;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];

function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const errors = eachItem(rules, `${path}.rules`, (rule, at) => validateFailureRule(rule, spec, at));
  return rules.length > MAX_RULES
    ? [
        {
          type: 'FieldValueTooMany',
          field: `${path}.rules`,
          value: rules.length,
          detail: `must have at most ${MAX_RULES} items`,
        },
        ...errors,
      ]
    : errors;
}

function validateFailureRule(rule: PodFailurePolicyRule, spec: JobSpec, path: string): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [];
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  } else errors.push(...oneOf(action, ACTIONS, `${path}.action`));
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    errors.push(invalid(path, null, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    errors.push(invalid(path, null, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (onExitCodes === undefined) return errors;
  const { operator, containerName } = onExitCodes;
  // Decoding asks for no field, whatever the type says.
  const values = (onExitCodes.values as number[] | undefined) ?? [];
  const at = `${path}.onExitCodes`;
  errors.push(...oneOf(operator, OPERATORS, `${at}.operator`));
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  if (containerName !== undefined && !names.includes(containerName)) {
    errors.push(
      invalid(
        `${at}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  }
  if (values.length === 0) errors.push(invalid(`${at}.values`, values, 'at least one value is required'));
  const seen = new Set<number>();
  values.forEach((value, index) => {
    if (operator === 'In' && value === 0) {
      errors.push(invalid(`${at}.values[${index}]`, value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) errors.push(duplicate(`${at}.values[${index}]`, value));
    seen.add(value);
  });
  return errors;
}

function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  const { successPolicy, completionMode, completions = 0 } = spec;
  if (successPolicy === undefined) return [];
  if (completionMode !== 'Indexed') return [invalid(path, successPolicy, 'requires indexed completion mode')];
  const rules = successPolicy.rules ?? [];
  return [
    ...(rules.length === 0
      ? [
          required(
            `${path}.rules`,
            'at least one rules must be specified when the successPolicy is specified',
          ),
        ]
      : []),
    ...eachItem(rules, `${path}.rules`, (rule, at) => validateSuccessRule(rule, completions, at)),
  ];
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  path: string,
): FieldError[] {
  if (count === undefined && indexes === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const errors = nonNegative(count, `${path}.succeededCount`);
  if (count !== undefined && count > completions) {
    const why = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.push(invalid(`${path}.succeededCount`, count, why));
  }
  return errors;
}
