import type { DeploymentCondition } from '#api/gen/types.ts';
import type { Client } from '../../client.ts';
import { same } from '../equality.ts';
import { annotationsForNew, REVISION } from './annotations.ts';
import type { Context } from './executor.ts';
import { withAnnotations, writeStatus } from './executor.ts';
import { nextRevision } from './history.ts';
import { conditionOf, hasDeadline, newCondition, setCondition } from './progress.ts';
import type { Deployment, ReplicaSet } from './replica-sets.ts';

/**
 * Brings the current template's ReplicaSet, which exists, up to date with its Deployment, and the Deployment's revision with it
 * (`getNewReplicaSet`).
 */
export async function adoptRevision(
  context: Context,
  deployment: Deployment,
  { fresh, old }: { fresh: ReplicaSet; old: readonly ReplicaSet[] },
): Promise<{ deployment: Deployment; fresh: ReplicaSet }> {
  const annotations = annotationsForNew(deployment, fresh.metadata.annotations ?? {}, nextRevision(old));
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const adapted = (fresh.spec?.minReadySeconds ?? 0) !== minReadySeconds;
  const spec = adapted ? { ...fresh.spec!, minReadySeconds } : fresh.spec!;
  const wanted = withAnnotations({ ...fresh, spec }, annotations);
  const changed = adapted || !same(wanted.metadata, fresh.metadata);
  const current = changed ? await context.client.update('replicasets', wanted) : fresh;
  const message = `Found new replica set "${fresh.metadata.name}"`;
  const known = conditionOf(deployment.status ?? {}, 'Progressing') !== undefined;
  const found = newCondition('Progressing', 'True', 'FoundNewReplicaSet', message, context.clock.now());
  const revised = await setRevision(context.client, deployment, current.metadata.annotations?.[REVISION]);
  const noted = known ? revised : await addProgress(context.client, revised, found);
  return { deployment: noted, fresh: current };
}

/** Shows the revision on the Deployment too, where kubectl looks for it. */
export async function setRevision(
  client: Client,
  deployment: Deployment,
  revision: string | undefined,
): Promise<Deployment> {
  const { metadata } = deployment;
  if (revision === undefined || metadata.annotations?.[REVISION] === revision) return deployment;
  const annotations = { ...metadata.annotations, [REVISION]: revision };
  return client.update('deployments', { ...deployment, metadata: { ...metadata, annotations } });
}

/** Writes a condition of type Progressing, if the Deployment asks for its progress to be watched. */
export async function addProgress(
  client: Client,
  deployment: Deployment,
  condition: DeploymentCondition,
): Promise<Deployment> {
  if (!hasDeadline(deployment)) return deployment;
  const conditions = setCondition(deployment.status?.conditions ?? [], condition);
  return writeStatus(client, deployment, { ...deployment.status, conditions });
}
