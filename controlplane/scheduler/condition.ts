import { rfc3339, type Clock } from '#api/clock.ts';
import type { PodCondition } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import type { Pod } from './framework.ts';

/** kube-scheduler cuts longer messages, which a Pod's status would not take. */
const MAX_MESSAGE = 1024;
const MAX_ATTEMPTS = 3;

/** Writes into the Pod's status that it has no node, and why. Does nothing when it says so already, or when the Pod is gone or bound. */
export async function markUnscheduled(
  client: Client,
  clock: Clock,
  pod: Pod,
  why: { reason: string; message: string },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const current = client.get('pods', pod.metadata.namespace ?? '', pod.metadata.name);
    if (current === undefined || current.metadata.uid !== pod.metadata.uid) return;
    if ((current.spec?.nodeName ?? '') !== '') return;
    const conditions = withCondition(current, clock, why);
    if (conditions === undefined) return;
    try {
      await client.updateStatus('pods', { ...current, status: { ...current.status, conditions } });
      return;
    } catch (error) {
      const reason = error instanceof StatusError ? error.reason : undefined;
      if (reason === 'NotFound') return;
      if (reason !== 'Conflict' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function withCondition(
  pod: Pod,
  clock: Clock,
  why: { reason: string; message: string },
): PodCondition[] | undefined {
  const conditions = pod.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === 'PodScheduled');
  const message = why.message.slice(0, MAX_MESSAGE);
  if (known?.status === 'False' && known.reason === why.reason && known.message === message) return undefined;
  const since = known?.status === 'False' ? known.lastTransitionTime : undefined;
  const scheduled: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime: since ?? rfc3339(clock.now()),
    reason: why.reason,
    message,
  };
  const { generation } = pod.metadata;
  if (generation !== undefined) scheduled.observedGeneration = generation;
  if (known === undefined) return [...conditions, scheduled];
  return conditions.map((condition) => (condition === known ? scheduled : condition));
}
