import { isDeepStrictEqual } from 'node:util';
import { rfc3339, type Clock } from '#api/clock.ts';
import type { PodCondition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../../client.ts';
import { readyCondition } from '../pod-state.ts';
import type { EventRecorder } from '../recorder.ts';

type Pod = Kinds['pods'];

/**
 * Takes the readiness of Pods away while their node is not ready (`controllerutil.MarkPodsNotReady`), and gives it back. A kubelet would see
 * that the stored status is not its own and send that again; an agent whose connection outlived the silence has nothing new to report.
 */
export interface PodReadiness {
  takeAway(nodeName: string): Promise<void>;
  /** Only to Pods of which nothing else was reported since. */
  giveBack(nodeName: string): Promise<void>;
  /** Whether there is something to give back. */
  hasTaken(nodeName: string): boolean;
}

export function createPodReadiness(client: Client, clock: Clock, recorder: EventRecorder): PodReadiness {
  /** By node and Pod uid: the Ready condition as it was written here. */
  const taken = new Map<string, Map<string, PodCondition>>();

  const podsOf = (nodeName: string): Pod[] =>
    client.list('pods').filter(({ spec }) => spec?.nodeName === nodeName);

  async function takeFrom(pod: Pod, nodeName: string): Promise<void> {
    const written = await writeReady(pod, 'False');
    if (written === undefined) return;
    const ofNode = taken.get(nodeName) ?? new Map<string, PodCondition>();
    taken.set(nodeName, ofNode.set(pod.metadata.uid, written));
    recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  /** Returns the condition; undefined when the Pod is gone. */
  async function writeReady(pod: Pod, status: 'True' | 'False'): Promise<PodCondition | undefined> {
    const lastTransitionTime = rfc3339(clock.now());
    const ready = { ...readyCondition(pod)!, status, lastTransitionTime };
    const conditions = (pod.status?.conditions ?? []).map((one) => (one.type === 'Ready' ? ready : one));
    try {
      await client.updateStatus('pods', { ...pod, status: { ...pod.status, conditions } });
      return ready;
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
      return undefined;
    }
  }

  return {
    async takeAway(nodeName) {
      const ready = podsOf(nodeName).filter((pod) => readyCondition(pod)?.status === 'True');
      await Promise.all(ready.map((pod) => takeFrom(pod, nodeName)));
    },
    async giveBack(nodeName) {
      const ofNode = taken.get(nodeName) ?? new Map<string, PodCondition>();
      const untouched = podsOf(nodeName).filter((pod) =>
        isDeepStrictEqual(readyCondition(pod), ofNode.get(pod.metadata.uid)),
      );
      await Promise.all(
        untouched.filter(({ metadata }) => ofNode.has(metadata.uid)).map((pod) => writeReady(pod, 'True')),
      );
      taken.delete(nodeName);
    },
    hasTaken: (nodeName) => taken.has(nodeName),
  };
}
