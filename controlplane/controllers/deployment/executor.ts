import type { Clock } from '#api/clock.ts';
import type { DeploymentStatus } from '#api/gen/types.ts';
import type { Client } from '../../client.ts';
import { same } from '../equality.ts';
import type { EventRecorder } from '../recorder.ts';
import { replicasAnnotations } from './annotations.ts';
import type { Deployment, ReplicaSet, ReplicaSets, Scaling } from './replica-sets.ts';
import { desiredOf, fenceposts, sizeOf } from './replica-sets.ts';

export interface Context {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
}

/** Carries out a plan, one ReplicaSet after the other, and resolves with the ReplicaSets as they are then. */
export async function scaleAll(
  context: Context,
  deployment: Deployment,
  sets: ReplicaSets,
  plan: readonly Scaling[],
): Promise<ReplicaSets> {
  const scaled = new Map<ReplicaSet, ReplicaSet>();
  for (const scaling of plan) scaled.set(scaling.replicaSet, await scaleOne(context, deployment, scaling));
  const now = (one: ReplicaSet) => scaled.get(one) ?? one;
  return { fresh: sets.fresh && now(sets.fresh), old: sets.old.map(now) };
}

/** Writes the size and what it was reckoned from, so that a later change of the desired number is seen as one. */
async function scaleOne(
  { client, recorder }: Context,
  deployment: Deployment,
  { replicaSet, replicas }: Scaling,
): Promise<ReplicaSet> {
  const before = sizeOf(replicaSet);
  const next = withAnnotations(replicaSet, {
    ...replicaSet.metadata.annotations,
    ...replicasAnnotations(desiredOf(deployment), fenceposts(deployment).surge),
  });
  if (before === replicas && same(next, replicaSet)) return replicaSet;
  const written = await client.update('replicasets', { ...next, spec: { ...next.spec!, replicas } });
  if (before !== replicas) {
    const direction = before < replicas ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`;
    recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
  }
  return written;
}

export const withAnnotations = (replicaSet: ReplicaSet, annotations: Record<string, string>): ReplicaSet => ({
  ...replicaSet,
  metadata: { ...replicaSet.metadata, annotations },
});

export async function writeStatus(
  client: Client,
  deployment: Deployment,
  status: DeploymentStatus,
): Promise<Deployment> {
  if (same(deployment.status, status)) return deployment;
  return client.updateStatus('deployments', { ...deployment, status });
}
