import type { Kinds } from '#api/resources.ts';
import { selectorRequirements } from '#api/selectors.ts';
import type { Client } from '../../client.ts';
import { isNamespaceTerminating } from '../api-errors.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { keyOf, splitKey } from '../keys.ts';
import { claimObjects, concernedOwners, controllerOf } from '../ownership.ts';
import { createEventRecorder } from '../recorder.ts';
import type { Context } from './executor.ts';
import { scaleAll, writeStatus } from './executor.ts';
import { createReplicaSet } from './new-replica-set.ts';
import { adoptRevision } from './revision.ts';
import { planCleanup, sortReplicaSets } from './history.ts';
import {
  conditionOf,
  deploymentStatus,
  hasDeadline,
  isComplete,
  newCondition,
  nextProgressCheck,
  rolloutStatus,
  setCondition,
} from './progress.ts';
import { oldPodsRunning, planRecreate } from './recreate.ts';
import type { Deployment, ReplicaSet, ReplicaSets } from './replica-sets.ts';
import { allOf, desiredOf, isRolling } from './replica-sets.ts';
import { planRolling } from './rolling.ts';
import { isScalingEvent, planScale } from './scaling.ts';

/** Rolls Deployments out by way of ReplicaSets (`pkg/controller/deployment/deployment_controller.go`). */
export function startDeploymentController({ client, clock, log }: ControllerTools): Running {
  const recorder = createEventRecorder(client, clock, 'deployment-controller', log);
  const controller = runController({
    name: 'deployment',
    clock,
    log,
    sync: (key) => syncUnlessTerminating({ client, clock, recorder }, key),
  });
  const candidates = (namespace: string) => client.list('deployments', namespace);
  const enqueueOwners = (previous: ReplicaSet | undefined, current: ReplicaSet | undefined): void => {
    for (const key of concernedOwners('Deployment', previous, current, candidates)) controller.enqueue(key);
  };
  const unwatch = [
    client.watch('deployments', {
      added: (deployment) => controller.enqueue(keyOf(deployment)),
      updated: (_, deployment) => controller.enqueue(keyOf(deployment)),
    }),
    client.watch('replicasets', {
      added: (replicaSet) => enqueueOwners(undefined, replicaSet),
      updated: enqueueOwners,
      deleted: (replicaSet) => enqueueOwners(replicaSet, undefined),
    }),
    // Strategy Recreate waits for the last old Pod to be gone, which no ReplicaSet's status tells.
    client.watch('pods', {
      deleted: (pod) => {
        const key = recreatedBy(client, pod);
        if (key !== undefined) controller.enqueue(key);
      },
    }),
  ];
  return {
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
      await recorder.flush();
    },
  };
}

function recreatedBy(client: Client, pod: Kinds['pods']): string | undefined {
  const namespace = pod.metadata.namespace ?? '';
  const replicaSet = client.get('replicasets', namespace, controllerOf(pod)?.name ?? '');
  const owner = replicaSet && controllerOf(replicaSet);
  const deployment = owner && client.get('deployments', namespace, owner.name);
  return deployment === undefined || isRolling(deployment) ? undefined : keyOf(deployment);
}

type Result = void | { requeueAfterMs: number };

async function syncUnlessTerminating(context: Context, key: string): Promise<Result> {
  try {
    return await syncDeployment(context, key);
  } catch (error) {
    // No ReplicaSet can be created in a namespace that is going, nor needs to be.
    if (!isNamespaceTerminating(error)) throw error;
  }
}

async function syncDeployment(context: Context, key: string): Promise<Result> {
  const { client } = context;
  const { namespace, name } = splitKey(key);
  const found = client.get('deployments', namespace, name);
  if (found === undefined) return;
  const selector = found.spec?.selector ?? {};
  if (selectorRequirements(selector).length === 0) return refuseEmptySelector(context, found);

  const candidates = client.list('replicasets', namespace);
  const owned = await claimObjects(client, 'replicasets', found, selector, candidates);
  if (found.metadata.deletionTimestamp !== undefined) return syncStatusOnly(context, found, owned);

  const deployment = await markPausedOrResumed(context, found);
  const sorted = sortReplicaSets(deployment, owned);
  if (deployment.spec?.paused === true || isScalingEvent(deployment, sorted)) {
    return syncScale(context, deployment, sorted);
  }
  return isRolling(deployment) ? rollOut(context, deployment, sorted) : recreate(context, deployment, sorted);
}

/** It would take every Pod of the namespace for its own. */
async function refuseEmptySelector({ client, recorder }: Context, deployment: Deployment): Promise<void> {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.';
  recorder.event(deployment, 'Warning', 'SelectingAll', message);
  const observedGeneration = deployment.metadata.generation ?? 0;
  await writeStatus(client, deployment, { ...deployment.status, observedGeneration });
}

async function syncStatusOnly(
  { client, clock }: Context,
  deployment: Deployment,
  owned: readonly ReplicaSet[],
): Promise<void> {
  const status = deploymentStatus(deployment, sortReplicaSets(deployment, owned), clock.now());
  await writeStatus(client, deployment, status);
}

/** A rollout that was paused for longer than its deadline must not count as timed out when it goes on (`checkPausedConditions`). */
async function markPausedOrResumed({ client, clock }: Context, deployment: Deployment): Promise<Deployment> {
  if (!hasDeadline(deployment)) return deployment;
  const status = deployment.status ?? {};
  const reason = conditionOf(status, 'Progressing')?.reason;
  const paused = deployment.spec?.paused === true;
  if (reason === 'ProgressDeadlineExceeded' || paused === (reason === 'DeploymentPaused')) return deployment;
  const condition = paused
    ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', clock.now())
    : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', clock.now());
  const conditions = setCondition(status.conditions ?? [], condition);
  return writeStatus(client, deployment, { ...status, conditions });
}

/** The desired number changed, or the rollout is paused: sizes are adapted, but the rollout does not move on. */
async function syncScale(context: Context, found: Deployment, sorted: ReplicaSets): Promise<void> {
  const { deployment, sets } = await withRevision(context, found, sorted);
  const scaled = await scaleAll(context, deployment, sets, planScale(deployment, sets));
  // Clean up the history also when paused, as nothing else will.
  if (deployment.spec?.paused === true) await cleanUp(context, deployment, scaled);
  await writeStatus(context.client, deployment, deploymentStatus(deployment, scaled, context.clock.now()));
}

/** With the current template's ReplicaSet up to date, if it exists. */
async function withRevision(
  context: Context,
  deployment: Deployment,
  { fresh, old }: ReplicaSets,
): Promise<{ deployment: Deployment; sets: ReplicaSets }> {
  if (fresh === undefined) return { deployment, sets: { fresh, old } };
  const adopted = await adoptRevision(context, deployment, { fresh, old });
  return { deployment: adopted.deployment, sets: { fresh: adopted.fresh, old } };
}

async function rollOut(context: Context, found: Deployment, sorted: ReplicaSets): Promise<Result> {
  const { deployment, fresh } = await currentReplicaSet(context, found, sorted);
  const sets = { fresh, old: sorted.old };
  const plan = planRolling(deployment, fresh, sets.old);
  return finish(context, deployment, await scaleAll(context, deployment, sets, plan), plan.length === 0);
}

const currentReplicaSet = (
  context: Context,
  deployment: Deployment,
  { fresh, old }: ReplicaSets,
): Promise<{ deployment: Deployment; fresh: ReplicaSet }> =>
  fresh === undefined
    ? createReplicaSet(context, deployment, old)
    : adoptRevision(context, deployment, { fresh, old });

async function recreate(context: Context, found: Deployment, sorted: ReplicaSets): Promise<Result> {
  const { deployment, sets } = await withRevision(context, found, sorted);
  const plan = planRecreate(sets);
  if (plan.length > 0) {
    return finish(context, deployment, await scaleAll(context, deployment, sets, plan), false);
  }
  if (oldPodsRunning(sets, podsOf(context.client, deployment, sets))) {
    return finish(context, deployment, sets, false);
  }
  const current = await currentReplicaSet(context, deployment, sets);
  const growth = [{ replicaSet: current.fresh, replicas: desiredOf(current.deployment) }];
  const all = { fresh: current.fresh, old: sets.old };
  return finish(context, current.deployment, await scaleAll(context, current.deployment, all, growth), true);
}

function podsOf(client: Client, deployment: Deployment, sets: ReplicaSets): readonly Kinds['pods'][] {
  const uids = new Set(allOf(sets).map(({ metadata }) => metadata.uid));
  const pods = client.list('pods', deployment.metadata.namespace, deployment.spec?.selector);
  return pods.filter((pod) => uids.has(controllerOf(pod)?.uid ?? ''));
}

/** Writes the status; once the rollout is complete, old ReplicaSets beyond the history limit go. */
async function finish(
  context: Context,
  deployment: Deployment,
  sets: ReplicaSets,
  settled: boolean,
): Promise<Result> {
  const { client, clock } = context;
  if (settled && isComplete(deployment, deployment.status ?? {})) await cleanUp(context, deployment, sets);
  const status = rolloutStatus(deployment, sets, clock.now());
  await writeStatus(client, deployment, status);
  const wait = nextProgressCheck(deployment, status, clock.now());
  return wait === undefined ? undefined : { requeueAfterMs: wait };
}

async function cleanUp({ client }: Context, deployment: Deployment, { old }: ReplicaSets): Promise<void> {
  const doomed = planCleanup(deployment, old);
  await Promise.all(
    doomed.map(({ metadata }) =>
      client.delete('replicasets', metadata.namespace ?? '', metadata.name, { uid: metadata.uid }),
    ),
  );
}
