import type { PodDisruptionBudgetSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, type FieldError } from '#api/status.ts';
import { oneOf } from '../../pod-spec/field-rules.ts';
import { intOrPercentErrors, percentAboveAllErrors } from '../apps/int-or-percent.ts';
import { nonNegative } from '../apps/workload.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Strategy } from '../strategy.ts';

type Budget = Kinds['poddisruptionbudgets'];

const COUNTERS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;
const NO_STATUS = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** pkg/registry/policy/poddisruptionbudget/strategy.go */
export const podDisruptionBudgetStrategy: Strategy<Budget> = {
  generation: true,

  setDefaults(budget) {
    budget.spec ??= {};
    budget.status = { ...NO_STATUS, ...budget.status };
  },
  prepareForCreate(budget) {
    budget.status = { ...NO_STATUS };
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  prepareForUpdate(budget, old) {
    budget.status = old.status ?? { ...NO_STATUS };
  },
  status: {
    prepareForUpdate(budget, old) {
      budget.spec = old.spec ?? {};
    },
    validateUpdate: ({ status }) =>
      COUNTERS.flatMap((field) => nonNegative(status?.[field], `status.${field}`)),
  },
};

/** `ValidatePodDisruptionBudgetSpec`. */
function validateSpec(spec: PodDisruptionBudgetSpec): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // Kubernetes prints its internal type, which has Go's names.
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: policy ?? null,
    };
    errors.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = spec[field];
    if (value === undefined) continue;
    errors.push(
      ...intOrPercentErrors(value, `spec.${field}`),
      ...percentAboveAllErrors(value, `spec.${field}`),
    );
  }
  return [
    ...errors,
    ...validateLabelSelector(selector, 'spec.selector'),
    ...(policy === undefined ? [] : oneOf(policy, EVICTION_POLICIES, 'spec.unhealthyPodEvictionPolicy')),
  ];
}
