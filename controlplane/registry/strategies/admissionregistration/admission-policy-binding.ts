import type { MatchResources } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { defaultMatchResources } from './defaults.ts';
import { validateMutatingBinding, validateValidatingBinding } from './validate-binding.ts';

/** pkg/registry/admissionregistration/validatingadmissionpolicybinding/strategy.go */
export const validatingAdmissionPolicyBindingStrategy: Strategy<Kinds['validatingadmissionpolicybindings']> =
  {
    generation: true,
    needsResourceVersion: true,
    setDefaults: defaultBinding,
    validate: validateValidatingBinding,
  };

/** pkg/registry/admissionregistration/mutatingadmissionpolicybinding/strategy.go */
export const mutatingAdmissionPolicyBindingStrategy: Strategy<Kinds['mutatingadmissionpolicybindings']> = {
  generation: true,
  needsResourceVersion: true,
  setDefaults: defaultBinding,
  validate: validateMutatingBinding,
};

function defaultBinding({ spec }: { spec?: { matchResources?: MatchResources } }): void {
  if (spec?.matchResources !== undefined) defaultMatchResources(spec.matchResources);
}
