import type { V2HPAScalingRules, V2HorizontalPodAutoscalerBehavior } from '#api/gen/types.ts';

/**
 * Kubernetes writes the behavior of an autoscaler into an annotation with the names of its Go fields and with nulls for what is absent
 * (pkg/apis/autoscaling/v1/conversion.go says that this is a slip which must stay).
 */
export const behaviorAsAnnotation = ({ scaleUp, scaleDown }: V2HorizontalPodAutoscalerBehavior): object => ({
  ScaleUp: scaleUp === undefined ? null : rulesAsAnnotation(scaleUp),
  ScaleDown: scaleDown === undefined ? null : rulesAsAnnotation(scaleDown),
});

const rulesAsAnnotation = (rules: V2HPAScalingRules): object => ({
  StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
  SelectPolicy: rules.selectPolicy ?? null,
  Policies:
    rules.policies?.map(({ type, value, periodSeconds }) => ({
      Type: type,
      Value: value,
      PeriodSeconds: periodSeconds,
    })) ?? null,
  Tolerance: rules.tolerance ?? null,
});

/** As Go reads it, whatever the case of the names. Values are checked when the object is decoded. */
export const behaviorFromAnnotation = (value: object): V2HorizontalPodAutoscalerBehavior =>
  withFieldNames(value) as V2HorizontalPodAutoscalerBehavior;

const FIELDS: ReadonlyMap<string, string> = new Map(
  [
    'scaleUp',
    'scaleDown',
    'stabilizationWindowSeconds',
    'selectPolicy',
    'policies',
    'tolerance',
    'type',
    'value',
    'periodSeconds',
  ].map((name) => [name.toLowerCase(), name]),
);

function withFieldNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFieldNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      FIELDS.get(key.toLowerCase()) ?? key,
      withFieldNames(inner),
    ]),
  );
}
