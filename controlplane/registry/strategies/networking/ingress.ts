import type { Kinds } from '#api/resources.ts';
import { separateStatus } from '../separate-status.ts';
import { invalid } from '#api/status.ts';
import { validateIngressSpec } from './validate-ingress.ts';
import type { Strategy } from '../strategy.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

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
  validate: ({ spec }) => validateIngressSpec(spec!),
  validateCreate({ metadata: { annotations = {} }, spec }) {
    const annotated = annotations[CLASS_ANNOTATION];
    const named = spec!.ingressClassName;
    if (annotated === undefined || named === undefined || annotated === named) return [];
    const problem = 'must match `ingressClassName` when both are specified';
    return [invalid(`annotations.${CLASS_ANNOTATION}`, annotated, problem)];
  },
};
