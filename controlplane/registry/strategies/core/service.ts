import type { Kinds } from '#api/resources.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import type { ServiceAllocator } from '../../allocation/service-allocator.ts';
import { defaultService } from '../../service/defaults.ts';
import { assignIpFamilies } from '../../service/ip-families.ts';
import { carryAllocations, dropFieldsOfOldType } from '../../service/update.ts';
import { validateServiceUpdate } from '../../service/validate-addresses.ts';
import { validateService } from '../../service/validate.ts';
import type { Strategy } from '../strategy.ts';

type Service = Kinds['services'];

/** pkg/registry/core/service/strategy.go. Addresses and ports come from `allocator`. */
export const serviceStrategy = (allocator: ServiceAllocator): Strategy<Service> => ({
  // Names with a leading digit are allowed since 1.34.
  nameProblems: dns1123LabelProblems,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  setDefaults: defaultService,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  validate: validateService,
  prepareForUpdate(service, old) {
    service.status = old.status ?? { loadBalancer: {} };
    dropFieldsOfOldType(service, old);
    carryAllocations(service, old);
  },
  validateUpdate: validateServiceUpdate,
  status: {
    prepareForUpdate(service, old) {
      service.spec = old.spec!;
    },
  },
  allocation: {
    assign(service, old, { options }) {
      assignIpFamilies(service, old);
      allocator.assign(service, old, options.dryRun);
    },
    release: (service) => allocator.release(service),
  },
});
