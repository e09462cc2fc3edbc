import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';
import { defaultMatchResources } from './defaults.ts';
import { validateMutatingPolicy, validateValidatingPolicy } from './validate-policy.ts';

type ValidatingPolicy = Kinds['validatingadmissionpolicies'];

/** pkg/registry/admissionregistration/validatingadmissionpolicy/strategy.go */
export const validatingAdmissionPolicyStrategy: Strategy<ValidatingPolicy> = {
  ...separateStatus<ValidatingPolicy>(() => ({}), 'kept'),
  generation: true,
  needsResourceVersion: true,

  setDefaults(policy) {
    const spec = (policy.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints !== undefined) defaultMatchResources(spec.matchConstraints);
    policy.status ??= {};
  },
  validate: validateValidatingPolicy,
};

/** pkg/registry/admissionregistration/mutatingadmissionpolicy/strategy.go */
export const mutatingAdmissionPolicyStrategy: Strategy<Kinds['mutatingadmissionpolicies']> = {
  generation: true,
  needsResourceVersion: true,

  setDefaults(policy) {
    const spec = (policy.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints !== undefined) defaultMatchResources(spec.matchConstraints);
  },
  validate: validateMutatingPolicy,
};
