import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';

type ServiceCidr = Kinds['servicecidrs'];

/** pkg/registry/networking/servicecidr/strategy.go */
export const serviceCidrStrategy: Strategy<ServiceCidr> = {
  ...separateStatus<ServiceCidr>(() => ({})),

  setDefaults(serviceCidr) {
    serviceCidr.spec ??= {};
    serviceCidr.status ??= {};
  },
};
