import type { V2HorizontalPodAutoscalerSpec, V2HPAScalingRules } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, type FieldError } from '#api/status.ts';
import { cpuMetric, DEFAULT_CPU_UTILIZATION } from '../../versions/horizontal-pod-autoscaler.ts';
import { nonNegative } from '../apps/workload.ts';
import type { Strategy } from '../strategy.ts';
import { eachItem } from '../../pod-spec/field-rules.ts';
import { validateScalingRules } from './behavior.ts';
import { validateMetric, validateReference } from './metrics.ts';

type Autoscaler = Kinds['horizontalpodautoscalers'];
type Spec = V2HorizontalPodAutoscalerSpec;

/** pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go */
export const horizontalPodAutoscalerStrategy: Strategy<Autoscaler> = {
  setDefaults(autoscaler) {
    const spec = (autoscaler.spec ??= {} as Spec);
    spec.scaleTargetRef ??= {} as Spec['scaleTargetRef'];
    spec.maxReplicas ??= 0;
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) spec.metrics = [cpuMetric(DEFAULT_CPU_UTILIZATION)];
    if (spec.behavior !== undefined) {
      spec.behavior = {
        scaleUp: { ...SCALE_UP, ...spec.behavior.scaleUp },
        scaleDown: { ...SCALE_DOWN, ...spec.behavior.scaleDown },
      };
    }
    autoscaler.status ??= { desiredReplicas: 0 };
    autoscaler.status.desiredReplicas ??= 0;
  },
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
  },
  validate: ({ spec }) => validateSpec(spec),
  prepareForUpdate(autoscaler, old) {
    autoscaler.status = old.status ?? { desiredReplicas: 0 };
  },
  status: {
    prepareForUpdate(autoscaler, old) {
      autoscaler.spec = old.spec;
    },
    validateUpdate: ({ status }) => [
      ...nonNegative(status?.currentReplicas, 'status.currentReplicas'),
      ...nonNegative(status?.desiredReplicas, 'status.desiredReplicas'),
    ],
  },
};

const PERCENT_POLICY = { type: 'Percent', value: 100, periodSeconds: 15 };
/** Of an autoscaler that says something of its behavior (pkg/apis/autoscaling/v2/defaults.go). */
const SCALE_UP: V2HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, PERCENT_POLICY],
};
const SCALE_DOWN: V2HPAScalingRules = { selectPolicy: 'Max', policies: [PERCENT_POLICY] };

/** `validateHorizontalPodAutoscalerSpec`. */
function validateSpec({
  minReplicas = 1,
  maxReplicas,
  scaleTargetRef,
  metrics,
  behavior,
}: Spec): FieldError[] {
  return [
    ...(minReplicas < 1
      ? [invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')]
      : []),
    ...(maxReplicas < 1 ? [invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0')] : []),
    ...(maxReplicas < minReplicas
      ? [invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...validateReference(scaleTargetRef, 'spec.scaleTargetRef'),
    ...eachItem(metrics, 'spec.metrics', validateMetric),
    ...validateScalingRules(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateScalingRules(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}
