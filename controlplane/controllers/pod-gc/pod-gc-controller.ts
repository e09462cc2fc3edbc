import type { Kinds } from '#api/resources.ts';
import { runController, type Controller } from '../controller.ts';
import { markDisrupted, type Disruption } from '../disruption-target.ts';
import { keyOf, splitKey } from '../keys.ts';
import { isReady } from '../node-lifecycle/node-plan.ts';
import { isTerminal } from '../pod-state.ts';
import type { ControllerContext } from '../context.ts';

type Pod = Kinds['pods'];

/** A node that vanished may come back under its name within this time, before its Pods are given up (`podgc` `quarantineTime`). */
const QUARANTINE_MS = 40_000;

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

const ORPHANED: Disruption = {
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
};

/**
 * Removes Pods that no node will ever remove (Kubernetes' pod garbage collector): those of nodes that do not exist, those that are
 * deleted before they got a node, and those that are deleted on a node declared out of service.
 */
export function startPodGcController({ client, clock, log }: ControllerContext): Controller {
  const controller = runController({ name: 'pod-gc', clock, log, sync });
  /** Since when a node is missing that Pods name. */
  const missing = new Map<string, number>();

  const enqueue = (pod: Pod): void => controller.enqueue(keyOf(pod));
  const enqueuePodsOf = (nodeName: string): void => {
    for (const pod of client.list('pods')) {
      if (pod.spec?.nodeName === nodeName) enqueue(pod);
    }
  };

  const stops = [
    client.watch('nodes', {
      added: ({ metadata }) => missing.delete(metadata.name),
      updated: (_, { metadata, spec }) => {
        if (spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE)) enqueuePodsOf(metadata.name);
      },
      deleted: ({ metadata }) => enqueuePodsOf(metadata.name),
    }),
    client.watch('pods', { added: enqueue, updated: (_, pod) => enqueue(pod) }),
  ];

  async function sync(key: string): Promise<void | { requeueAfterMs: number }> {
    const { namespace, name } = splitKey(key);
    const pod = client.get('pods', namespace, name);
    if (pod === undefined) return;
    const nodeName = pod.spec?.nodeName ?? '';
    const isDeleted = pod.metadata.deletionTimestamp !== undefined;
    if (nodeName === '') return isDeleted ? remove(pod) : undefined;
    const node = client.get('nodes', '', nodeName);
    if (node === undefined) return giveUp(pod, nodeName);
    const isOut = node.spec?.taints?.some(({ key: taint }) => taint === OUT_OF_SERVICE) === true;
    if (isDeleted && isOut && !isReady(node)) await remove(pod);
  }

  async function giveUp(pod: Pod, nodeName: string): Promise<void | { requeueAfterMs: number }> {
    const since = missing.get(nodeName) ?? clock.now();
    missing.set(nodeName, since);
    const remaining = since + QUARANTINE_MS - clock.now();
    if (remaining > 0) return { requeueAfterMs: remaining };
    if (!isTerminal(pod)) await markDisrupted(client, clock, pod, { ...ORPHANED, fails: true });
    await remove(pod);
  }

  /** At once: nobody is there to end the containers first. */
  async function remove({ metadata }: Pod): Promise<void> {
    const options = { gracePeriodSeconds: 0, uid: metadata.uid };
    await client.delete('pods', metadata.namespace ?? '', metadata.name, options);
  }

  return {
    ...controller,
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}
