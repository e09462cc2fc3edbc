import type { V2MetricSpec, V2MetricStatus } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { NONE } from './format.ts';
import { AGE, NAME, type Printer, column } from './table.ts';

export const resourceQuotaPrinter: Printer<Kinds['resourcequotas']> = {
  columns: [
    NAME,
    column('Request', 'Request represents a minimum amount of cpu/memory that a container may consume.'),
    column('Limit', 'Limits control the maximum amount of cpu/memory that a container may use.'),
    AGE,
  ],
  cells: ({ metadata, status = {} }, now) => {
    const { hard = {}, used = {} } = status;
    const names = Object.keys(hard).toSorted();
    const usage = (isLimit: boolean): string =>
      names
        .filter((name) => name.includes('limits') === isLimit)
        .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]!}`)
        .join(', ');
    return [metadata.name, usage(false), usage(true), since(metadata.creationTimestamp, now)];
  },
};

export const podDisruptionBudgetPrinter: Printer<Kinds['poddisruptionbudgets']> = {
  columns: [
    NAME,
    column('Min Available', 'The minimum number of pods that must be available.'),
    column('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
    column('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.', 'integer'),
    AGE,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    since(metadata.creationTimestamp, now),
  ],
};

export const horizontalPodAutoscalerPrinter: Printer<Kinds['horizontalpodautoscalers']> = {
  columns: [
    NAME,
    column('Reference'),
    column('Targets'),
    column('MinPods'),
    column('MaxPods'),
    column('Replicas'),
    AGE,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    formatMetrics(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    since(metadata.creationTimestamp, now),
  ],
};

const MAX_METRICS = 2;

/** `formatHPAMetrics`: current and target of the first two, and how many more there are. */
function formatMetrics(specs: readonly V2MetricSpec[], statuses: readonly V2MetricStatus[]): string {
  if (specs.length === 0) return NONE;
  const all = specs.map((spec, index) => formatMetric(spec, statuses[index]));
  const shown = all.slice(0, MAX_METRICS).join(', ');
  return all.length > MAX_METRICS ? `${shown} + ${all.length - MAX_METRICS} more...` : shown;
}

const UNKNOWN = '<unknown>';

function formatMetric(spec: V2MetricSpec, status: V2MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue ?? ''}`;
    case 'Object':
      return valueOrAverage(spec.object?.target, status?.object?.current);
    case 'External':
      return valueOrAverage(spec.external?.target, status?.external?.current);
    case 'Resource':
      return ofResource(spec.resource, status?.resource?.current);
    case 'ContainerResource':
      return ofResource(spec.containerResource, status?.containerResource?.current);
    default:
      return '<unknown type>';
  }
}

interface Amounts {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

const valueOrAverage = (target: Amounts = {}, current: Amounts = {}): string =>
  target.averageValue === undefined
    ? `${current.value ?? UNKNOWN}/${target.value ?? ''}`
    : `${current.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;

function ofResource(source: { name: string; target: Amounts } | undefined, current: Amounts = {}): string {
  const { averageValue, averageUtilization } = source?.target ?? {};
  const name = source?.name ?? '';
  if (averageValue !== undefined) return `${name}: ${current.averageValue ?? UNKNOWN}/${averageValue}`;
  const now = current.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  return `${name}: ${now}/${averageUtilization === undefined ? '<auto>' : `${averageUtilization}%`}`;
}
