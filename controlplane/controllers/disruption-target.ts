import { rfc3339, type Clock } from '#api/clock.ts';
import type { PodCondition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';

type Pod = Kinds['pods'];

/** Why the cluster itself ends a Pod, as its condition DisruptionTarget says. */
export interface Disruption {
  readonly reason: string;
  readonly message: string;
  /** The Pod counts as failed from now on, because no node will ever report its end. */
  readonly fails?: boolean;
}

/** Marks the Pod as a target of disruption (KEP-3329), so that its end can be told from a failure of its own. Resolves also when it is gone. */
export async function markDisrupted(
  client: Client,
  clock: Clock,
  pod: Pod,
  disruption: Disruption,
): Promise<void> {
  const target: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: disruption.reason,
    message: disruption.message,
    lastTransitionTime: rfc3339(clock.now()),
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== target.type);
  const status = {
    ...pod.status,
    ...(disruption.fails === true ? { phase: 'Failed' } : {}),
    conditions: [...others, target],
  };
  try {
    await client.updateStatus('pods', { ...pod, status });
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
  }
}
