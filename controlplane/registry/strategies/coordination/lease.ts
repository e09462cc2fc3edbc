import type { Kinds } from '#api/resources.ts';
import { invalid, type FieldError } from '#api/status.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/coordination/lease/strategy.go */
export const leaseStrategy: Strategy<Kinds['leases']> = {
  createOnUpdate: true,
  needsResourceVersion: true,

  setDefaults(lease) {
    lease.spec ??= {};
  },
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
      errors.push(invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
    }
    if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0) {
      errors.push(
        invalid('spec.leaseTransitions', spec.leaseTransitions, 'must be greater than or equal to 0'),
      );
    }
    return errors;
  },
};
