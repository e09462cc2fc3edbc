import type {
  V2CrossVersionObjectReference,
  V2MetricIdentifier,
  V2MetricSpec,
  V2MetricTarget,
} from '#api/gen/types.ts';
import { compareQuantities } from '#api/quantity.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { invalidFor, needed } from '../../pod-spec/field-rules.ts';
import { pathSegmentProblems } from '../rbac/names.ts';
import { validateLabelSelector } from '../label-selector.ts';

/** `ValidateCrossVersionObjectReference`. */
export const validateReference = (
  { kind = '', name = '' }: Partial<V2CrossVersionObjectReference>,
  path: string,
): FieldError[] => [...segment(kind, `${path}.kind`), ...segment(name, `${path}.name`)];

const segment = (value: string, path: string): FieldError[] =>
  value === '' ? [required(path)] : invalidFor(path, value, pathSegmentProblems(value));

const SOURCES = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;

/** `validateMetricSpec`. */
export function validateMetric(metric: V2MetricSpec, path: string): FieldError[] {
  // Decoding asks for no field, whatever the type says.
  const type = (metric.type as string | undefined) ?? '';
  const errors = needed(type, `${path}.type`, 'must specify a metric source type');
  const expected = Object.hasOwn(SOURCES, type) ? SOURCES[type as keyof typeof SOURCES] : undefined;
  if (expected === undefined) {
    return [...errors, notSupported(`${path}.type`, type, Object.keys(SOURCES))];
  }
  const present = Object.values(SOURCES).filter((source) => metric[source] !== undefined);
  if (present.length > 0) errors.push(...validateSource(metric, path));
  if (!present.includes(expected)) {
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  }
  return [
    ...errors,
    ...(present.length === 1 ? [] : present.filter((source) => source !== expected)).map((source) =>
      forbidden(`${path}.${source}`, 'must populate the given metric source only'),
    ),
  ];
}

function validateSource(metric: V2MetricSpec, path: string): FieldError[] {
  const { object, external, pods, resource, containerResource } = metric;
  if (object !== undefined) {
    return [
      ...validateReference(object.describedObject ?? {}, `${path}.object.describedObject`),
      ...validateIdentifier(object.metric, `${path}.object.metric`),
      ...validateTarget(object.target, `${path}.object.target`),
      ...valueNeeded(
        object.target,
        `${path}.object.target`,
        'must set either a target value or averageValue',
      ),
    ];
  }
  if (external !== undefined) {
    const at = `${path}.external.target`;
    const why = 'must set either a target value for metric or a per-pod target';
    return [
      ...validateIdentifier(external.metric, `${path}.external.metric`),
      ...validateTarget(external.target, at),
      ...valueNeeded(external.target, at, why),
      ...(external.target?.value !== undefined && external.target.averageValue !== undefined
        ? [forbidden(`${at}.value`, 'may not set both a target value for metric and a per-pod target')]
        : []),
    ];
  }
  if (pods !== undefined) {
    const average = pods.target?.averageValue;
    return [
      ...validateIdentifier(pods.metric, `${path}.pods.metric`),
      ...validateTarget(pods.target, `${path}.pods.target`),
      ...(average === undefined || compareQuantities(average, '0') <= 0
        ? [required(`${path}.pods.target.averageValue`, 'must specify a positive target averageValue')]
        : []),
    ];
  }
  if (resource !== undefined) return validateResource(resource, `${path}.resource`);
  return containerResource === undefined
    ? []
    : [
        ...validateResource(containerResource, `${path}.containerResource`),
        ...needed(
          containerResource.container,
          `${path}.containerResource.container`,
          'must specify a container',
        ),
      ];
}

function validateResource(source: { name?: string; target?: V2MetricTarget }, path: string): FieldError[] {
  const { averageUtilization, averageValue } = source.target ?? {};
  const errors = [
    ...needed(source.name, `${path}.name`, 'must specify a resource name'),
    ...validateTarget(source.target, `${path}.target`),
  ];
  if (averageUtilization === undefined && averageValue === undefined) {
    const why = 'must set either a target raw value or a target utilization';
    errors.push(required(`${path}.target.averageUtilization`, why));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const why = 'may not set both a target raw value and a target utilization';
    errors.push(forbidden(`${path}.target.averageValue`, why));
  }
  return errors;
}

const valueNeeded = (target: V2MetricTarget | undefined, path: string, why: string): FieldError[] =>
  target?.value === undefined && target?.averageValue === undefined
    ? [required(`${path}.averageValue`, why)]
    : [];

const validateIdentifier = (metric: V2MetricIdentifier | undefined, path: string): FieldError[] => [
  ...(metric?.name
    ? invalidFor(`${path}.name`, metric.name, pathSegmentProblems(metric.name))
    : [required(`${path}.name`, 'must specify a metric name')]),
  ...validateLabelSelector(metric?.selector, `${path}.selector`),
];

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

/** `validateMetricTarget`. */
function validateTarget(target: V2MetricTarget | undefined, path: string): FieldError[] {
  const { type = '', averageUtilization }: Partial<V2MetricTarget> = target ?? {};
  const errors = needed(type, `${path}.type`, 'must specify a metric target type');
  if (!TARGET_TYPES.includes(type)) {
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const field of ['value', 'averageValue'] as const) {
    const value = target?.[field];
    if (value !== undefined && compareQuantities(value, '0') <= 0) {
      errors.push(invalid(`${path}.${field}`, value, 'must be positive'));
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
  return errors;
}
