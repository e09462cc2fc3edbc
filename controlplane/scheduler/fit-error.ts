import type { Pod, Rejection } from './framework.ts';

/** Why no node can take a Pod. */
export interface FitError {
  /** What the event and the PodScheduled condition say. */
  readonly message: string;
  /** The plugins that turned nodes down. */
  readonly plugins: ReadonlySet<string>;
}

/** What the DynamicResources plugin adds to every refusal, whether the Pod has claims or not. */
const NO_CLAIMS = 'no new claims to deallocate';

export interface NodeRejection {
  readonly plugin: string;
  readonly rejection: Rejection;
}

/** `rejections` holds one for each node. The words are those of scheduler `framework.FitError` and `preemption.Evaluator`. */
export function fitError(pod: Pod, rejections: readonly NodeRejection[]): FitError {
  const plugins = new Set(rejections.map(({ plugin }) => plugin));
  if (rejections.length === 0) return { message: 'no nodes available to schedule pods', plugins };
  const reasons = rejections.flatMap(({ rejection }) => [...rejection.reasons]);
  const preemption = preemptionMessage(pod, rejections);
  const message = `${available(rejections.length, reasons)} ${NO_CLAIMS}, preemption: ${preemption}`;
  return { message, plugins };
}

function available(nodes: number, reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const histogram = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${histogram.join(', ')}.`;
}

/** Nothing is ever preempted: without PriorityClasses no Pod is worth less than another. */
function preemptionMessage(pod: Pod, rejections: readonly NodeRejection[]): string {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const reasons = rejections.map(({ rejection }) =>
    rejection.unresolvable
      ? 'Preemption is not helpful for scheduling'
      : 'No preemption victims found for incoming pod',
  );
  return available(rejections.length, reasons);
}
