import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';

/** pkg/registry/networking/ingressclass/strategy.go */
export const ingressClassStrategy: Strategy<Kinds['ingressclasses']> = {
  generation: true,

  setDefaults(ingressClass) {
    const { parameters } = (ingressClass.spec ??= {});
    if (parameters !== undefined) parameters.scope ??= 'Cluster';
  },
};
