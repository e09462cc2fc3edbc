import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { PodStatus } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import { mergePodStatus } from './pod-status.ts';

interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * Writes what a node reports of its Pods. The reports of one Pod are written one after the other, those of several at once; while one is
 * being written, a newer one takes the place of those that wait.
 */
export interface PodReports {
  /** `done` is called when the status is stored, or can never be: the Pod is gone, another's, or the status is invalid. */
  status(pod: PodRef, status: PodStatus, done: () => void): void;
  /** Removes the Pod's object if it was being deleted. `gone` is called when there was no such Pod. */
  terminated(pod: PodRef, gone: () => void): void;
  stop(): void;
}

interface Work {
  status: { pod: PodRef; status: PodStatus; done: () => void } | undefined;
  terminated: { pod: PodRef; gone: () => void } | undefined;
}

/** Milliseconds. Reads show a write only when it is durable, so a stale object stays stale for this turn. */
const CONFLICT_RETRY = 2;
const FIRST_RETRY = 100;
const LAST_RETRY = 5_000;

export function createPodReports(options: {
  client: Client;
  clock: Clock;
  log: Logger;
  nodeName: string;
}): PodReports {
  const { client, clock, log, nodeName } = options;
  const works = new Map<string, Work>();
  let stopped = false;

  function workOf(uid: string): Work {
    const known = works.get(uid);
    if (known !== undefined) return known;
    const work: Work = { status: undefined, terminated: undefined };
    works.set(uid, work);
    void run(uid, work);
    return work;
  }

  async function run(uid: string, work: Work): Promise<void> {
    // A turn later, so that whoever made the work has filled it.
    await Promise.resolve();
    for (let delay = FIRST_RETRY; isOpen(work);) {
      try {
        await step(work);
        delay = FIRST_RETRY;
      } catch (error) {
        if (!isConflict(error))
          log.warn({ err: error, pod: uid }, 'a report of a Pod could not be stored yet');
        await wait(isConflict(error) ? CONFLICT_RETRY : delay);
        delay = Math.min(delay * 2, LAST_RETRY);
      }
    }
    works.delete(uid);
  }

  const isOpen = (work: Work): boolean => !stopped && (work.status ?? work.terminated) !== undefined;

  async function step(work: Work): Promise<void> {
    const { status, terminated } = work;
    if (status !== undefined) {
      await writeStatus(status.pod, status.status);
      status.done();
      if (work.status === status) work.status = undefined;
    } else if (terminated !== undefined) {
      if (await remove(terminated.pod)) terminated.gone();
      if (work.terminated === terminated) work.terminated = undefined;
    }
  }

  async function writeStatus(ref: PodRef, reported: PodStatus): Promise<void> {
    const pod = ownPod(ref);
    if (pod === undefined) return;
    const status = mergePodStatus(pod.status ?? {}, reported);
    if (isDeepStrictEqual(status, pod.status)) return;
    try {
      await client.updateStatus('pods', { ...pod, status });
    } catch (error) {
      if (!isFinal(error)) throw error;
      log.error({ err: error, pod: ref }, "a Pod's status was refused");
    }
  }

  /** True when there is no such Pod. One that goes by this is told of by whoever watches the desired Pods. */
  async function remove(ref: PodRef): Promise<boolean> {
    const pod = ownPod(ref);
    if (pod === undefined) return true;
    if (pod.metadata.deletionTimestamp === undefined) {
      log.warn({ pod: ref }, 'the node ended a Pod that is not being deleted');
      return false;
    }
    await client.delete('pods', ref.namespace, ref.name, { gracePeriodSeconds: 0, uid: ref.uid });
    return false;
  }

  /** The Pod, if it still is the same one and bound to this node. */
  function ownPod(ref: PodRef): Kinds['pods'] | undefined {
    const pod = client.get('pods', ref.namespace, ref.name);
    return pod?.metadata.uid === ref.uid && pod.spec?.nodeName === nodeName ? pod : undefined;
  }

  const wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      clock.after(milliseconds, resolve);
    });

  return {
    status(pod, status, done) {
      workOf(pod.uid).status = { pod, status, done };
    },
    terminated(pod, gone) {
      workOf(pod.uid).terminated = { pod, gone };
    },
    stop() {
      stopped = true;
    },
  };
}

const isConflict = (error: unknown): boolean => error instanceof StatusError && error.reason === 'Conflict';

/** Trying again would give the same answer. */
const isFinal = (error: unknown): boolean =>
  error instanceof StatusError && ['NotFound', 'Invalid', 'BadRequest', 'Forbidden'].includes(error.reason);
