import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import type { Strategy } from '../strategy.ts';

type PriorityClass = Kinds['priorityclasses'];

const HIGHEST_OF_USERS = 1_000_000_000;
const SYSTEM_CLASSES: { readonly [name: string]: number } = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};
const POLICIES = ['PreemptLowerPriority', 'Never'];

/** pkg/registry/scheduling/priorityclass/strategy.go */
export const priorityClassStrategy: Strategy<PriorityClass> = {
  setDefaults(priorityClass) {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate: (priorityClass) => [...validateValue(priorityClass), ...validatePolicy(priorityClass)],
  validateUpdate: (priorityClass, old) => [
    ...(valueOf(priorityClass) === valueOf(old)
      ? []
      : [forbidden('value', 'may not be changed in an update.')]),
    ...(priorityClass.preemptionPolicy === old.preemptionPolicy
      ? []
      : [invalid('preemptionPolicy', priorityClass.preemptionPolicy, 'field is immutable')]),
  ],
};

/** Decoding asks for no field, whatever the type says. */
const valueOf = ({ value = 0 }: { readonly value?: number }): number => value;

function validateValue(priorityClass: PriorityClass): FieldError[] {
  if (!priorityClass.metadata.name.startsWith('system-')) {
    return valueOf(priorityClass) > HIGHEST_OF_USERS
      ? [forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`)]
      : [];
  }
  const problem = systemProblem(priorityClass);
  const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: ";
  return problem === undefined ? [] : [forbidden('metadata.name', reserved + problem)];
}

function systemProblem(priorityClass: PriorityClass): string | undefined {
  const { name } = priorityClass.metadata;
  const value = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined;
  if (value === undefined) return `${name} is not a known system priority class`;
  if (valueOf(priorityClass) !== value) return `value of ${name} PriorityClass must be ${value}`;
  if (priorityClass.globalDefault === true) return `globalDefault of ${name} PriorityClass must be false`;
  return undefined;
}

function validatePolicy({ preemptionPolicy = '' }: PriorityClass): FieldError[] {
  if (preemptionPolicy === '') return [required('preemptionPolicy')];
  return POLICIES.includes(preemptionPolicy)
    ? []
    : [notSupported('preemptionPolicy', preemptionPolicy, POLICIES)];
}
