import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import type { Strategy } from '../strategy.ts';

type Ingress = Kinds['ingresses'];

/** pkg/registry/networking/ingress/strategy.go */
export const ingressStrategy: Strategy<Ingress> = {
  ...separateStatus<Ingress>(() => ({ loadBalancer: {} })),
  generation: true,

  setDefaults(ingress) {
    ingress.spec ??= {};
    ingress.status ??= {};
    ingress.status.loadBalancer ??= {};
  },
};
