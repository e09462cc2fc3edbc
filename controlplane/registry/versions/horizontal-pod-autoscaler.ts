import type { HorizontalPodAutoscaler, V2MetricSpec } from '#api/gen/types.ts';
import type { Kinds, KubeObject, Stored } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { behaviorAsAnnotation, behaviorFromAnnotation } from './hpa-behavior.ts';
import {
  metricSpecFromV1,
  metricSpecToV1,
  metricStatusFromV1,
  metricStatusToV1,
  type V1Metric,
} from './hpa-metrics.ts';
import type { BuiltInConversion } from './built-in.ts';

type V1 = Stored<HorizontalPodAutoscaler>;
type V2 = Kinds['horizontalpodautoscalers'];

/** What autoscaling/v1 has no fields for travels in annotations (pkg/apis/autoscaling/annotations.go). */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';

/** In percent of what the Pods ask for. */
export const DEFAULT_CPU_UTILIZATION = 80;

/** autoscaling/v1, which knows no metric but the CPU (pkg/apis/autoscaling/v1/conversion.go). */
export const autoscalingV1Conversion: BuiltInConversion = {
  fromStorage: (objects) => objects.map((object) => toV1(object as unknown as V2) as unknown as KubeObject),
  toStorage: (object) => toV2(object as unknown as V1),
};

export const cpuMetric = (averageUtilization: number): V2MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

const isCpuUtilization = ({ type, resource }: V2MetricSpec): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target?.averageUtilization !== undefined;

function toV1({ apiVersion: _version, metadata, spec, status, ...rest }: V2): V1 {
  const { metrics = [], behavior, ...sameSpec } = spec;
  const target = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization;
  return {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, {
      [METRICS]: listOrNothing(metrics.filter((metric) => !isCpuUtilization(metric)).map(metricSpecToV1)),
      [CURRENT_METRICS]: listOrNothing((status?.currentMetrics ?? []).map(metricStatusToV1)),
      [CONDITIONS]: listOrNothing(status?.conditions ?? []),
      [BEHAVIOR]: behavior && behaviorAsAnnotation(behavior),
    }),
    spec: {
      ...sameSpec,
      ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }),
    },
    ...(status === undefined ? {} : { status: statusToV1(status) }),
  };
}

const listOrNothing = <T>(list: readonly T[]): readonly T[] | undefined =>
  list.length === 0 ? undefined : list;

function statusToV1(status: NonNullable<V2['status']>): NonNullable<V1['status']> {
  const { conditions: _conditions, currentMetrics = [], ...same } = status;
  const cpu = (currentMetrics ?? []).find(
    ({ type, resource }) => type === 'Resource' && resource?.name === 'cpu',
  );
  const utilization = cpu?.resource?.current.averageUtilization;
  return {
    ...same,
    currentReplicas: status.currentReplicas ?? 0,
    ...(utilization === undefined ? {} : { currentCPUUtilizationPercentage: utilization }),
  };
}

/** The metadata with these annotations as JSON, and without the others of this conversion. */
function withAnnotations<M extends { annotations?: { [key: string]: string } }>(
  metadata: M,
  values: { readonly [key: string]: unknown },
): M {
  const { annotations, ...rest } = metadata;
  const made = { ...annotations };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete made[key];
    else made[key] = JSON.stringify(value);
  }
  return (Object.keys(made).length === 0 ? rest : { ...rest, annotations: made }) as M;
}

function toV2({ apiVersion: _version, metadata, spec, status, ...rest }: V1): V2 {
  // Decoding asks for no field, whatever the type says.
  const { targetCPUUtilizationPercentage: cpu, ...sameSpec } = (spec as V1['spec'] | undefined) ?? {};
  const metrics = [
    ...(cpu === undefined ? [] : [cpuMetric(cpu)]),
    ...listIn(metadata, METRICS).map(metricSpecFromV1),
  ];
  const behavior = valueIn(metadata, BEHAVIOR);
  return {
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, {
      [METRICS]: undefined,
      [CURRENT_METRICS]: undefined,
      [CONDITIONS]: undefined,
      [BEHAVIOR]: undefined,
    }),
    spec: {
      ...(sameSpec as V2['spec']),
      metrics: metrics.length === 0 ? [cpuMetric(DEFAULT_CPU_UTILIZATION)] : metrics,
      ...(behavior === undefined ? {} : { behavior: behaviorFromAnnotation(behavior) }),
    },
    ...(status === undefined ? {} : { status: statusToV2(status, metadata) }),
  };
}

function statusToV2(
  { currentCPUUtilizationPercentage: cpu, ...same }: NonNullable<V1['status']>,
  metadata: V1['metadata'],
): NonNullable<V2['status']> {
  const noted = listIn(metadata, CURRENT_METRICS).map(metricStatusFromV1);
  const ofCpu =
    cpu === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }];
  const currentMetrics = noted.length > 0 ? noted : ofCpu;
  const conditions = listIn(metadata, CONDITIONS) as unknown as NonNullable<V2['status']>['conditions'];
  return {
    ...same,
    ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
    ...(conditions === undefined || conditions.length === 0 ? {} : { conditions }),
  };
}

/** What a client wrote into the annotation; decoding the object checks the fields in it. */
function valueIn({ annotations }: V1['metadata'], key: string): object | undefined {
  const json = annotations?.[key];
  if (json === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw cannotBeHandled(error instanceof Error ? error.message : String(error));
  }
  if (value === null) return undefined;
  if (typeof value !== 'object') {
    throw cannotBeHandled(`json: cannot unmarshal ${typeof value} in annotation ${key}`);
  }
  return value;
}

function listIn(metadata: V1['metadata'], key: string): V1Metric[] {
  const value = valueIn(metadata, key) ?? [];
  if (!isListOfObjects(value)) throw cannotBeHandled(`annotation ${key} is not a list of objects`);
  return value;
}

const isListOfObjects = (value: object): value is V1Metric[] =>
  Array.isArray(value) &&
  value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));

const cannotBeHandled = (why: string): StatusError =>
  StatusError.badRequest(
    `HorizontalPodAutoscaler in version "v1" cannot be handled as a HorizontalPodAutoscaler: ${why}`,
  );
