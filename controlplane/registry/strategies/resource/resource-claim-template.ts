import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { defaultClaimSpec } from './requests.ts';
import { immutableSpec, validateRequests } from './validate-claim.ts';

type ResourceClaimTemplate = Kinds['resourceclaimtemplates'];

/** pkg/registry/resource/resourceclaimtemplate/strategy.go */
export const resourceClaimTemplateStrategy: Strategy<ResourceClaimTemplate> = {
  validateCreate: ({ spec }) => validateRequests(spec.spec, 'spec.spec'),
  validateUpdate: ({ spec }, old) => immutableSpec(spec, old.spec),
  setDefaults(template) {
    // Decoding asks for no field, whatever the type says.
    const spec = ((template as Partial<ResourceClaimTemplate>).spec ??= { spec: {} });
    spec.metadata ??= {};
    defaultClaimSpec(((spec as Partial<ResourceClaimTemplate['spec']>).spec ??= {}));
  },
};
