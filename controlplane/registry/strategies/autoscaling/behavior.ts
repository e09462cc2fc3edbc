import type { V2HPAScalingPolicy, V2HPAScalingRules } from '#api/gen/types.ts';
import { compareQuantities } from '#api/quantity.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { eachItem, oneOf } from '../../pod-spec/field-rules.ts';

const MAX_STABILIZATION_SECONDS = 3600;
const MAX_PERIOD_SECONDS = 1800;
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];

/** `validateScalingRules`. */
export function validateScalingRules(rules: V2HPAScalingRules | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [], tolerance } = rules;
  const at = `${path}.stabilizationWindowSeconds`;
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds < 0) {
    errors.push(invalid(at, seconds, 'must be greater than or equal to zero'));
  }
  if (seconds !== undefined && seconds > MAX_STABILIZATION_SECONDS) {
    errors.push(invalid(at, seconds, `must be less than or equal to ${MAX_STABILIZATION_SECONDS}`));
  }
  if (selectPolicy !== undefined) {
    errors.push(...oneOf(selectPolicy, SELECT_POLICIES, `${path}.selectPolicy`));
  }
  if (policies.length === 0) {
    errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  }
  errors.push(...eachItem(policies, `${path}.policies`, validatePolicy));
  if (tolerance !== undefined && compareQuantities(tolerance, '0') < 0) {
    errors.push(invalid(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  }
  return errors;
}

function validatePolicy(
  { type, value = 0, periodSeconds = 0 }: Partial<V2HPAScalingPolicy>,
  path: string,
): FieldError[] {
  const at = `${path}.periodSeconds`;
  return [
    ...oneOf(type, POLICY_TYPES, `${path}.type`),
    ...(value <= 0 ? [invalid(`${path}.value`, value, 'must be greater than zero')] : []),
    ...(periodSeconds <= 0 ? [invalid(at, periodSeconds, 'must be greater than zero')] : []),
    ...(periodSeconds > MAX_PERIOD_SECONDS
      ? [invalid(at, periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`)]
      : []),
  ];
}
