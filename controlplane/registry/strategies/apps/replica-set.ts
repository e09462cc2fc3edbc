import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, type FieldError } from '#api/status.ts';
import { replicaCountErrors } from './deployment.ts';
import type { Strategy } from '../strategy.ts';
import {
  defaultTemplate,
  nonNegative,
  validateWorkloadSelector,
  validateWorkloadTemplate,
} from './workload.ts';

type ReplicaSet = Kinds['replicasets'];
type Spec = NonNullable<ReplicaSet['spec']>;

/** pkg/registry/apps/replicaset/strategy.go */
export const replicaSetStrategy: Strategy<ReplicaSet> = {
  generation: true,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },

  setDefaults(set) {
    const spec = (set.spec ??= {} as Spec);
    spec.template ??= {};
    defaultTemplate(spec.template);
    spec.replicas ??= 1;
    set.status ??= { replicas: 0 };
    set.status.replicas ??= 0;
  },
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate: ({ spec }) => validateSpec(spec!),
  prepareForUpdate(set, old) {
    set.status = old.status ?? { replicas: 0 };
  },
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec!.selector, old.spec!.selector)
      ? []
      : [invalid('spec.selector', spec!.selector, 'field is immutable')],
  status: {
    prepareForUpdate(set, old) {
      set.spec = old.spec!;
    },
    validateUpdate: ({ status }) => [
      ...nonNegative(status?.replicas, 'status.replicas'),
      ...nonNegative(status?.fullyLabeledReplicas, 'status.fullyLabeledReplicas'),
      ...nonNegative(status?.readyReplicas, 'status.readyReplicas'),
      ...nonNegative(status?.availableReplicas, 'status.availableReplicas'),
      ...nonNegative(status?.observedGeneration, 'status.observedGeneration'),
      ...replicaCountErrors(status ?? { replicas: 0 }, [
        'fullyLabeledReplicas',
        'readyReplicas',
        'availableReplicas',
      ]),
    ],
  },
};

const validateSpec = (spec: Spec): FieldError[] => [
  ...nonNegative(spec.replicas, 'spec.replicas'),
  ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
  ...validateWorkloadSelector(spec, 'replicaset'),
  ...validateWorkloadTemplate(spec),
];
