import { StatusError } from '#api/status.ts';
import type { Unstored } from '../../client.ts';
import { isNamespaceTerminating } from '../api-errors.ts';
import { controllerOf, newControllerRef } from '../ownership.ts';
import { annotationsForNew, replicasAnnotations, TEMPLATE_HASH } from './annotations.ts';
import type { Context } from './executor.ts';
import { nextRevision } from './history.ts';
import { newCondition } from './progress.ts';
import type { Deployment, ReplicaSet } from './replica-sets.ts';
import { desiredOf, fenceposts, sizeOf } from './replica-sets.ts';
import { addProgress, setRevision } from './revision.ts';
import { newReplicas } from './rolling.ts';
import { sameTemplate, templateHash } from './template-hash.ts';

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
