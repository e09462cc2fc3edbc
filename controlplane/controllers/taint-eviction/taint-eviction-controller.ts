import type { Taint } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { runController, type Controller } from '../controller.ts';
import { markDisrupted } from '../disruption-target.ts';
import { keyOf, splitKey } from '../keys.ts';
import { createEventRecorder } from '../recorder.ts';
import type { ControllerContext } from '../context.ts';
import { toleratedFor } from './eviction-plan.ts';

type Node = Kinds['nodes'];
type Pod = Kinds['pods'];

/** Deletes Pods from nodes whose NoExecute taints they do not tolerate, or no longer (Kubernetes' taint-eviction-controller). */
export function startTaintEvictionController({ client, clock, log }: ControllerContext): Controller {
  const recorder = createEventRecorder(client, clock, 'taint-eviction-controller', log);
  const controller = runController({ name: 'taint-eviction', clock, log, sync });
  /** Since when each Pod, by uid, tolerates its node's taints for a time only (milliseconds since the epoch). */
  const since = new Map<string, number>();

  const stops = [
    client.watch('nodes', {
      added: enqueuePodsOf,
      updated: (previous, node) => {
        if (executing(previous).length > 0 || executing(node).length > 0) enqueuePodsOf(node);
      },
    }),
    client.watch('pods', {
      added: (pod) => controller.enqueue(keyOf(pod)),
      updated: (previous, pod) => {
        const isMoved = previous.spec?.nodeName !== pod.spec?.nodeName;
        if (isMoved || previous.spec?.tolerations !== pod.spec?.tolerations) controller.enqueue(keyOf(pod));
      },
      deleted: ({ metadata }) => since.delete(metadata.uid),
    }),
  ];

  function enqueuePodsOf({ metadata }: Node): void {
    for (const pod of client.list('pods')) {
      if (pod.spec?.nodeName === metadata.name) controller.enqueue(keyOf(pod));
    }
  }

  async function sync(key: string): Promise<void | { requeueAfterMs: number }> {
    const { namespace, name } = splitKey(key);
    const pod = client.get('pods', namespace, name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const node = client.get('nodes', '', pod.spec?.nodeName ?? '');
    const taints = node === undefined ? [] : executing(node);
    const tolerated = taints.length === 0 ? undefined : toleratedFor(taints, pod.spec?.tolerations);
    if (tolerated === undefined) {
      cancel(pod);
      return;
    }
    const start = since.get(pod.metadata.uid) ?? clock.now();
    const remaining = start + tolerated - clock.now();
    if (remaining <= 0) return evict(pod);
    since.set(pod.metadata.uid, start);
    return { requeueAfterMs: remaining };
  }

  function cancel(pod: Pod): void {
    if (!since.delete(pod.metadata.uid)) return;
    recorder.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${keyOf(pod)}`);
  }

  async function evict(pod: Pod): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`);
    await markDisrupted(client, clock, pod, {
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    });
    await client.delete('pods', namespace, name, { uid });
    since.delete(uid);
  }

  return {
    ...controller,
    async stop() {
      for (const stop of stops) stop();
      await controller.stop();
    },
  };
}

const executing = (node: Node): Taint[] =>
  (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
