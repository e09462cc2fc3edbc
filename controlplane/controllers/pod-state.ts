import type { PodCondition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';

type Pod = Kinds['pods'];

export const isTerminal = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Counts as a replica (`controller.IsPodActive`): neither ended nor on its way out. */
export const isActive = (pod: Pod): boolean =>
  !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;

/** `controller.IsPodTerminating`. */
export const isTerminating = (pod: Pod): boolean =>
  !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;

export const readyCondition = (pod: Pod): PodCondition | undefined =>
  pod.status?.conditions?.find(({ type }) => type === 'Ready');

export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True';

/** When the Pod became or becomes available, in milliseconds since the epoch; undefined when it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  const since = condition.lastTransitionTime;
  return since === undefined ? undefined : Date.parse(since) + minReadySeconds * 1000;
}
