import type { Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client, Unstored } from '../../client.ts';
import { isNamespaceTerminating } from '../api-errors.ts';
import type { ControllerTools, Running } from '../context.ts';
import { runController } from '../controller.ts';
import { same } from '../equality.ts';
import { keyOf, splitKey } from '../keys.ts';
import { claimObjects, concernedOwners, controllerOf, newControllerRef, planClaim } from '../ownership.ts';
import { isActive, isTerminating } from '../pod-state.ts';
import type { EventRecorder } from '../recorder.ts';
import { createEventRecorder } from '../recorder.ts';
import { podsToDelete } from './pod-ranking.ts';
import { REPLICA_SETS, REPLICATION_CONTROLLERS, type ReplicaKind, type ReplicaSet } from './replica-kinds.ts';
import { nextAvailability, replicaSetStatus } from './status.ts';

type Pod = Kinds['pods'];

/** `BurstReplicas`: no sync creates or deletes more Pods. */
const BURST_REPLICAS = 500;

/** Keeps as many Pods of each ReplicaSet as it asks for (`pkg/controller/replicaset/replica_set.go`). */
export const startReplicaSetController = (tools: ControllerTools): Running => startFor(REPLICA_SETS, tools);

/** The same for ReplicationControllers. */
export const startReplicationController = (tools: ControllerTools): Running =>
  startFor(REPLICATION_CONTROLLERS, tools);

function startFor(kind: ReplicaKind, { client, clock, log }: ControllerTools): Running {
  const recorder = createEventRecorder(client, clock, kind.component, log);
  const controller = runController({
    name: kind.controller,
    clock,
    log,
    sync: (key) => syncReplicaSet({ kind, client, clock, recorder }, key),
  });
  const candidates = (namespace: string) => kind.list(client, namespace);
  const enqueueOwners = (previous: Pod | undefined, current: Pod | undefined): void => {
    for (const key of concernedOwners(kind.kind, previous, current, candidates)) controller.enqueue(key);
  };
  const unwatch = [
    kind.watch(client, (replicaSet) => controller.enqueue(keyOf(replicaSet))),
    client.watch('pods', {
      added: (pod) => enqueueOwners(undefined, pod),
      updated: enqueueOwners,
      deleted: (pod) => enqueueOwners(pod, undefined),
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

interface Context {
  readonly kind: ReplicaKind;
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
}

async function syncReplicaSet(context: Context, key: string): Promise<void | { requeueAfterMs: number }> {
  const { kind, client, clock } = context;
  const { namespace, name } = splitKey(key);
  const replicaSet = kind.get(client, namespace, name);
  if (replicaSet === undefined) return;

  const selector = replicaSet.spec?.selector ?? {};
  const before = client.list('pods', namespace).filter(isActive);
  const claimed = await claimObjects(client, 'pods', replicaSet, selector, before);
  const failure = await manageReplicas(context, replicaSet, claimed);

  const { owned } = planClaim(replicaSet, selector, client.list('pods', namespace));
  const active = owned.filter(isActive);
  const now = clock.now();
  await writeStatus(
    context,
    key,
    replicaSetStatus({ replicaSet, active, terminating: owned.filter(isTerminating), failure, now }),
  );
  if (failure !== undefined) throw failure;
  const wait = nextAvailability(active, replicaSet.spec?.minReadySeconds ?? 0, now);
  return wait === undefined ? undefined : { requeueAfterMs: wait };
}

/** Creates or deletes Pods; resolves with the first failure, if any. `pods` are the ReplicaSet's active ones. */
async function manageReplicas(
  context: Context,
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
): Promise<Error | undefined> {
  if (replicaSet.metadata.deletionTimestamp !== undefined) return undefined;
  const excess = pods.length - (replicaSet.spec?.replicas ?? 1);
  if (excess === 0) return undefined;
  const count = Math.min(Math.abs(excess), BURST_REPLICAS);
  if (excess < 0) return createPods(context, replicaSet, count);
  const related = podsOfSiblings(context, replicaSet);
  return deletePods(context, replicaSet, podsToDelete(pods, related, count, context.clock.now()));
}

/** The Pods of all ReplicaSets of the same Deployment (`getIndirectlyRelatedPods`). */
function podsOfSiblings({ kind, client }: Context, replicaSet: ReplicaSet): Pod[] {
  const owner = controllerOf(replicaSet)?.uid;
  const siblings = kind
    .list(client, replicaSet.metadata.namespace ?? '')
    .filter((one) => owner !== undefined && controllerOf(one)?.uid === owner);
  const uids = new Set([replicaSet.metadata.uid, ...siblings.map(({ metadata }) => metadata.uid)]);
  return client
    .list('pods', replicaSet.metadata.namespace)
    .filter((pod) => uids.has(controllerOf(pod)?.uid ?? ''));
}

/** All at once; but while creations fail, one goes first, so that a refusal is not asked for again for each replica. */
async function createPods(
  context: Context,
  replicaSet: ReplicaSet,
  count: number,
): Promise<Error | undefined> {
  const failing = (replicaSet.status?.conditions ?? []).some(({ type }) => type === 'ReplicaFailure');
  const first = failing ? await createPod(context, replicaSet) : undefined;
  if (first !== undefined) return first;
  const rest = Array.from({ length: failing ? count - 1 : count }, () => createPod(context, replicaSet));
  return (await Promise.all(rest)).find((failure) => failure !== undefined);
}

async function createPod(context: Context, replicaSet: ReplicaSet): Promise<Error | undefined> {
  const { client, recorder } = context;
  try {
    const pod = await client.create('pods', podFromTemplate(replicaSet));
    recorder.event(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    return undefined;
  } catch (error) {
    const failure = asError(error);
    // Every creation in a namespace that is going fails, which is what should happen.
    if (isNamespaceTerminating(failure)) return undefined;
    recorder.event(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${failure.message}`);
    return failure;
  }
}

async function deletePods(
  context: Context,
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
): Promise<Error | undefined> {
  const failures = await Promise.all(pods.map((pod) => deletePod(context, replicaSet, pod)));
  return failures.find((failure) => failure !== undefined);
}

async function deletePod(context: Context, replicaSet: ReplicaSet, pod: Pod): Promise<Error | undefined> {
  const { client, recorder } = context;
  const { namespace = '', name, uid } = pod.metadata;
  try {
    await client.delete('pods', namespace, name, { uid });
    recorder.event(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    return undefined;
  } catch (error) {
    const failure = asError(error);
    recorder.event(replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${failure.message}`);
    return failure;
  }
}

/** `controller.GetPodFromTemplate`. */
function podFromTemplate(replicaSet: ReplicaSet): Unstored<Pod> {
  const template = replicaSet.spec?.template;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    metadata: {
      namespace: replicaSet.metadata.namespace ?? '',
      generateName: `${replicaSet.metadata.name}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [newControllerRef(replicaSet)],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

async function writeStatus(
  { kind, client }: Context,
  key: string,
  status: NonNullable<ReplicaSet['status']>,
): Promise<void> {
  const { namespace, name } = splitKey(key);
  const current = kind.get(client, namespace, name);
  if (current === undefined || same(current.status, status)) return;
  await kind.writeStatus(client, current, status);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
