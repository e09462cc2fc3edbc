import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';
import { defaultClaimSpec } from './requests.ts';
import { immutableSpec, validateRequests } from './validate-claim.ts';

type ResourceClaim = Kinds['resourceclaims'];

/** pkg/registry/resource/resourceclaim/strategy.go */
export const resourceClaimStrategy: Strategy<ResourceClaim> = {
  ...separateStatus<ResourceClaim>(() => ({}), 'kept'),

  validateCreate: ({ spec }) => validateRequests(spec, 'spec'),
  validateUpdate: ({ spec }, old) => immutableSpec(spec, old.spec),
  setDefaults(claim) {
    // Decoding asks for no field, whatever the type says.
    defaultClaimSpec(((claim as Partial<ResourceClaim>).spec ??= {}));
    claim.status ??= {};
  },
};
