import { rfc3339 } from '#api/clock.ts';
import { formatQuantity } from '#api/quantity.ts';
import type { Kinds, KubeObject } from '#api/resources.ts';
import type { Measure, NodeMeasure } from './rates.ts';

const NANO = 1_000_000_000n;

const usageOf = ({ cpuNanocores, memoryBytes }: Measure): object => ({
  cpu: formatQuantity({ nano: BigInt(cpuNanocores), format: 'DecimalSI' }),
  memory: formatQuantity({ nano: BigInt(memoryBytes) * NANO, format: 'BinarySI' }),
});

/** Seconds as Go prints a duration under a minute, and above it. */
function goDuration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  return `${minutes === 0 ? '' : `${minutes}m`}${(milliseconds - minutes * 60_000) / 1000}s`;
}

function metricsObject(
  kind: string,
  { metadata: { name, namespace, labels } }: Kinds['pods'] | Kinds['nodes'],
  { at, windowMilliseconds }: NodeMeasure,
  now: number,
  own: object,
): KubeObject {
  return {
    kind,
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: rfc3339(now),
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: rfc3339(at),
    window: goDuration(windowMilliseconds),
    ...own,
    // A metric is no stored object: it has neither uid nor version.
  } as unknown as KubeObject;
}

export const nodeMetrics = (node: Kinds['nodes'], measure: NodeMeasure, now: number): KubeObject =>
  metricsObject('NodeMetrics', node, measure, now, { usage: usageOf(measure.node) });

/** undefined: nothing is known of the Pod yet. */
export function podMetrics(pod: Kinds['pods'], measure: NodeMeasure, now: number): KubeObject | undefined {
  const containers = measure.pods.get(pod.metadata.uid);
  if (containers === undefined) return undefined;
  return metricsObject('PodMetrics', pod, measure, now, {
    containers: [...containers].map(([name, one]) => ({ name, usage: usageOf(one) })),
  });
}
