import type { V2MetricSpec, V2MetricStatus } from '#api/gen/types.ts';

/**
 * The metrics of autoscaling/v1, which are written into annotations: flat, where autoscaling/v2 has a metric and a target or current value
 * (k8s.io/api `autoscaling/v1/types.go`).
 */
export interface V1Metric {
  readonly type?: unknown;
  readonly [source: string]: unknown;
}

type Fields = { readonly [field: string]: unknown };

/** Of a metric's source: the names of the fields in v1, and where they stand in v2. */
interface Source {
  readonly field: keyof V2MetricSpec & keyof V2MetricStatus;
  readonly same: readonly string[];
  readonly metricName?: string;
  readonly selector?: string;
  readonly describedObject?: string;
  /** Names in v1 of the target's value, average and utilization; absent: it has none. */
  readonly target: ValueNames;
  readonly current: ValueNames;
}

interface ValueNames {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: string;
}

const VALUE_FIELDS = ['value', 'averageValue', 'averageUtilization'] as const;

const RESOURCE_TARGET = {
  averageValue: 'targetAverageValue',
  averageUtilization: 'targetAverageUtilization',
};
const RESOURCE_CURRENT = {
  averageValue: 'currentAverageValue',
  averageUtilization: 'currentAverageUtilization',
};
const SOURCES: readonly Source[] = [
  {
    field: 'object',
    same: [],
    metricName: 'metricName',
    selector: 'selector',
    describedObject: 'target',
    target: { value: 'targetValue', averageValue: 'averageValue' },
    current: { value: 'currentValue', averageValue: 'averageValue' },
  },
  {
    field: 'pods',
    same: [],
    metricName: 'metricName',
    selector: 'selector',
    target: { averageValue: 'targetAverageValue' },
    current: { averageValue: 'currentAverageValue' },
  },
  { field: 'resource', same: ['name'], target: RESOURCE_TARGET, current: RESOURCE_CURRENT },
  {
    field: 'containerResource',
    same: ['name', 'container'],
    target: RESOURCE_TARGET,
    current: RESOURCE_CURRENT,
  },
  {
    field: 'external',
    same: [],
    metricName: 'metricName',
    selector: 'metricSelector',
    target: { value: 'targetValue', averageValue: 'targetAverageValue' },
    current: { value: 'currentValue', averageValue: 'currentAverageValue' },
  },
];

export const metricSpecToV1 = (metric: V2MetricSpec): V1Metric => flatten(metric, 'target');
export const metricStatusToV1 = (metric: V2MetricStatus): V1Metric => flatten(metric, 'current');
export const metricSpecFromV1 = (metric: V1Metric): V2MetricSpec =>
  unflatten(metric, 'target') as unknown as V2MetricSpec;
export const metricStatusFromV1 = (metric: V1Metric): V2MetricStatus =>
  unflatten(metric, 'current') as unknown as V2MetricStatus;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

function flatten(metric: V2MetricSpec | V2MetricStatus, values: 'target' | 'current'): V1Metric {
  const result: { [field: string]: unknown } = { type: metric.type };
  for (const source of SOURCES) {
    if (metric[source.field] === undefined) continue;
    const given = fieldsOf(metric[source.field]);
    const identifier = fieldsOf(given['metric']);
    const amounts = fieldsOf(given[values]);
    const flat: { [field: string]: unknown } = pick(given, source.same);
    if (source.describedObject !== undefined) flat[source.describedObject] = given['describedObject'];
    if (source.metricName !== undefined) flat[source.metricName] = identifier['name'];
    if (source.selector !== undefined && identifier['selector'] !== undefined) {
      flat[source.selector] = identifier['selector'];
    }
    for (const field of VALUE_FIELDS) {
      const name = source[values][field];
      if (name !== undefined && amounts[field] !== undefined) flat[name] = amounts[field];
    }
    // Of these alone the value is no pointer in Go.
    const value = source.field === 'object' ? source[values].value : undefined;
    if (value !== undefined) flat[value] ??= '0';
    result[source.field] = flat;
  }
  return result;
}

function unflatten(metric: V1Metric, values: 'target' | 'current'): Fields {
  const result: { [field: string]: unknown } = { type: metric.type };
  for (const source of SOURCES) {
    if (metric[source.field] === undefined || metric[source.field] === null) continue;
    const flat = fieldsOf(metric[source.field]);
    const made: { [field: string]: unknown } = pick(flat, source.same);
    if (source.describedObject !== undefined) made['describedObject'] = flat[source.describedObject];
    if (source.metricName !== undefined) {
      const selector = flat[source.selector ?? ''];
      made['metric'] = { name: flat[source.metricName], ...(selector === undefined ? {} : { selector }) };
    }
    made[values] = amountsOf(source, flat, values);
    result[source.field] = made;
  }
  return result;
}

function amountsOf(source: Source, flat: Fields, values: 'target' | 'current'): Fields {
  const amounts: { [field: string]: unknown } = {};
  for (const field of VALUE_FIELDS) {
    const name = source[values][field];
    if (name !== undefined && flat[name] !== undefined) amounts[field] = flat[name];
  }
  // The zero that v1 has to have beside an average.
  if (amounts['averageValue'] !== undefined && amounts['value'] === '0') delete amounts['value'];
  if (values === 'current') return amounts;
  return { type: targetType(amounts), ...amounts };
}

const targetType = (amounts: Fields): string =>
  amounts['averageUtilization'] === undefined
    ? amounts['value'] === undefined
      ? 'AverageValue'
      : 'Value'
    : 'Utilization';

const pick = (from: Fields, names: readonly string[]): { [field: string]: unknown } =>
  Object.fromEntries(
    names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const])),
  );
