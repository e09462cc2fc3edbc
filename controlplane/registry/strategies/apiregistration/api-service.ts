import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';

type ApiService = Kinds['apiservices'];

/** k8s.io/kube-aggregator pkg/registry/apiservice/strategy.go */
export const apiServiceStrategy: Strategy<ApiService> = {
  ...separateStatus<ApiService>(() => ({})),
  needsResourceVersion: true,

  setDefaults(apiService) {
    const spec = (apiService.spec ??= {} as NonNullable<ApiService['spec']>);
    if (spec.service !== undefined) spec.service.port ??= 443;
    apiService.status ??= {};
  },
};
