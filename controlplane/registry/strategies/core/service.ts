import type { Kinds } from '#api/resources.ts';
import { dns1123LabelProblems } from '#api/validation.ts';
import type { ServiceAllocator } from '../../allocation/service-allocator.ts';
import { defaultService } from '../../service/defaults.ts';
import { assignIpFamilies } from '../../service/ip-families.ts';
import { alignClusterIps, carryAllocations, dropFieldsOfOldType } from '../../service/update.ts';
import { serviceWarnings } from '../../service/warnings.ts';
import { validateServiceUpdate } from '../../service/validate-addresses.ts';
import { validateLoadBalancerStatus } from '../../service/validate-load-balancer.ts';
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
  prepareForCreate(service, { config }) {
    service.status = { loadBalancer: {} };
    alignClusterIps(service.spec!, undefined);
    assignIpFamilies(service, undefined, config.network);
  },
  validate: validateService,
  prepareForUpdate(service, old, { config }) {
    service.status = old.status ?? { loadBalancer: {} };
    carryAllocations(service, old);
    alignClusterIps(service.spec!, old.spec);
    assignIpFamilies(service, old, config.network);
    dropFieldsOfOldType(service, old);
  },
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  status: {
    prepareForUpdate(service, old) {
      service.spec = old.spec!;
    },
    validateUpdate: validateLoadBalancerStatus,
  },
  allocation: {
    assign(service, old, { options }) {
      allocator.assign(service, old, options.dryRun);
    },
    release: (service) => allocator.release(service),
  },
});
