import type { Clock } from '#api/clock.ts';
import type { DeploymentCondition, DeploymentStatus } from '#api/gen/types.ts';
import { StatusError } from '#api/status.ts';
import type { Client, Unstored } from '../../client.ts';
import { isNamespaceTerminating } from '../api-errors.ts';
import { same } from '../equality.ts';
import { controllerOf, newControllerRef } from '../ownership.ts';
import type { EventRecorder } from '../recorder.ts';
import { annotationsForNew, replicasAnnotations, REVISION, TEMPLATE_HASH } from './annotations.ts';
import { conditionOf, hasDeadline, newCondition, setCondition } from './progress.ts';
import { newReplicas } from './rolling.ts';
import type { Deployment, ReplicaSet, ReplicaSets, Scaling } from './replica-sets.ts';
import { desiredOf, fenceposts, sizeOf } from './replica-sets.ts';
import { nextRevision } from './history.ts';
import { sameTemplate, templateHash } from './template-hash.ts';

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

const withAnnotations = (replicaSet: ReplicaSet, annotations: Record<string, string>): ReplicaSet => ({
  ...replicaSet,
  metadata: { ...replicaSet.metadata, annotations },
});

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

async function setRevision(
  client: Client,
  deployment: Deployment,
  revision: string | undefined,
): Promise<Deployment> {
  const { metadata } = deployment;
  if (revision === undefined || metadata.annotations?.[REVISION] === revision) return deployment;
  const annotations = { ...metadata.annotations, [REVISION]: revision };
  return client.update('deployments', { ...deployment, metadata: { ...metadata, annotations } });
}

async function addProgress(
  client: Client,
  deployment: Deployment,
  condition: DeploymentCondition,
): Promise<Deployment> {
  if (!hasDeadline(deployment)) return deployment;
  const conditions = setCondition(deployment.status?.conditions ?? [], condition);
  return writeStatus(client, deployment, { ...deployment.status, conditions });
}

export async function writeStatus(
  client: Client,
  deployment: Deployment,
  status: DeploymentStatus,
): Promise<Deployment> {
  if (same(deployment.status, status)) return deployment;
  return client.updateStatus('deployments', { ...deployment, status });
}

/**
 * Creates the ReplicaSet of the current template, as large as the strategy allows. When another template has its name already, the
 * Deployment's collisionCount grows, so that the next attempt has another name.
 */
export async function createReplicaSet(
  context: Context,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<{ deployment: Deployment; fresh: ReplicaSet }> {
  const revision = nextRevision(old);
  const wanted = newReplicaSet(deployment, old, revision);
  const fresh = await createOrFind(context, deployment, wanted);
  const { metadata } = fresh.replicaSet;
  if (fresh.created && sizeOf(fresh.replicaSet) > 0) {
    const message = `Scaled up replica set ${metadata.name} from 0 to ${sizeOf(fresh.replicaSet)}`;
    context.recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
  }
  const revised = await setRevision(context.client, deployment, String(revision));
  const message = `Created new replica set "${metadata.name}"`;
  const created = newCondition('Progressing', 'True', 'NewReplicaSetCreated', message, context.clock.now());
  const noted = fresh.created ? await addProgress(context.client, revised, created) : revised;
  return { deployment: noted, fresh: fresh.replicaSet };
}

type NewReplicaSet = Unstored<ReplicaSet> & { metadata: { name: string } };

function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[], revision: number): NewReplicaSet {
  const spec = deployment.spec!;
  const hash = templateHash(spec.template, deployment.status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH]: hash };
  const { name, namespace = '' } = deployment.metadata;
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...annotationsForNew(deployment, {}, revision),
        ...replicasAnnotations(desiredOf(deployment), fenceposts(deployment).surge),
      },
      ownerReferences: [newControllerRef(deployment)],
    },
    spec: {
      replicas: newReplicas(deployment, old, 0),
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: {
        ...spec.selector,
        matchLabels: { ...spec.selector.matchLabels, [TEMPLATE_HASH]: hash },
      },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

async function createOrFind(
  context: Context,
  deployment: Deployment,
  wanted: NewReplicaSet,
): Promise<{ replicaSet: ReplicaSet; created: boolean }> {
  const { client } = context;
  try {
    return { replicaSet: await client.create('replicasets', wanted), created: true };
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'AlreadyExists') {
      const { namespace = '' } = deployment.metadata;
      const known = client.get('replicasets', namespace, wanted.metadata.name);
      if (known !== undefined && isOwn(deployment, known)) return { replicaSet: known, created: false };
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await client.updateStatus('deployments', {
        ...deployment,
        status: { ...deployment.status, collisionCount },
      });
    } else if (!isNamespaceTerminating(error)) {
      await reportFailure(context, deployment, wanted.metadata.name, error);
    }
    throw error;
  }
}

const isOwn = (deployment: Deployment, replicaSet: ReplicaSet): boolean =>
  controllerOf(replicaSet)?.uid === deployment.metadata.uid &&
  sameTemplate(replicaSet.spec?.template ?? {}, deployment.spec?.template ?? {});

async function reportFailure(
  { client, clock, recorder }: Context,
  deployment: Deployment,
  name: string,
  error: unknown,
): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  const message = `Failed to create new replica set "${name}": ${why}`;
  recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
  const condition = newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now());
  await addProgress(client, deployment, condition);
}
