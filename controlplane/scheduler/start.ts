import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';
import { isTerminal } from '../controllers/pod-state.ts';
import { createEventRecorder } from '../controllers/recorder.ts';
import { Cache } from './cache.ts';
import { markUnscheduled } from './condition.ts';
import type { Pod } from './framework.ts';
import type { Node } from './node-info.ts';
import { PLUGINS } from './plugins/registry.ts';
import { mayFit, schedulePod } from './schedule-pod.ts';
import { SchedulingQueue, type QueuedPod } from './scheduling-queue.ts';

const SCHEDULER_NAME = 'default-scheduler';

/** The scheduler gives way to other work after deciding for this long. */
const SLICE_MS = 20;

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1); decides between nodes that are equally good. */
  readonly random?: () => number;
}

/**
 * Gives every Pod of the scheduler's name a node. Decisions are made one after the other, each knowing the ones before; they are written
 * together, without waiting for each other.
 */
export function startScheduler(options: SchedulerOptions): { stop(): void } {
  const { client, clock, random = Math.random } = options;
  const log = options.log.child({ component: 'scheduler' });
  const recorder = createEventRecorder(client, clock, SCHEDULER_NAME, log);
  const cache = new Cache();
  const queue = new SchedulingQueue({ clock, plugins: PLUGINS, onActive: wake });
  let running = false;
  let stopped = false;

  function wake(): void {
    if (running || stopped) return;
    running = true;
    void scheduleAll();
  }

  /** Starts after the present turn, so that what came together is decided together. */
  async function scheduleAll(): Promise<void> {
    await Promise.resolve();
    let sliceEnd = performance.now() + SLICE_MS;
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      try {
        scheduleOne(next);
      } catch (error) {
        log.error({ err: error, pod: next.pod.metadata.name }, 'cannot schedule');
        fail(next, new Set(), { reason: 'SchedulerError', message: String(error) });
      }
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
    running = false;
  }

  function scheduleOne(queued: QueuedPod): void {
    const { pod } = queued;
    const decision = schedulePod({ pod, nodes: cache.nodes(), client }, PLUGINS, random);
    if ('failure' in decision) {
      const { message, plugins } = decision.failure;
      fail(queued, plugins.size === 0 ? new Set(PLUGINS.map(({ name }) => name)) : plugins, {
        reason: 'Unschedulable',
        message,
      });
      return;
    }
    cache.setPod(pod, decision.nodeName);
    void bind(queued, decision.nodeName);
  }

  async function bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { pod } = queued;
    const { namespace, name } = pod.metadata;
    try {
      await client.bind(pod, nodeName);
      recorder.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    } catch (error) {
      const current = client.get('pods', namespace ?? '', name);
      if (current?.metadata.uid === pod.metadata.uid && isBound(current)) return;
      cache.removePod(pod.metadata.uid);
      queue.notice('PodDelete');
      if (current === undefined || !isWaiting(current)) return;
      if (error instanceof StatusError && error.reason === 'Conflict') {
        queue.put(current, false);
        return;
      }
      const message = `binding rejected: ${error instanceof Error ? error.message : String(error)}`;
      if (!(error instanceof StatusError)) log.error({ err: error, pod: name, namespace }, 'binding failed');
      fail({ ...queued, pod: current }, new Set(), { reason: 'SchedulerError', message });
    }
  }

  function fail(
    queued: QueuedPod,
    plugins: ReadonlySet<string>,
    why: { reason: string; message: string },
  ): void {
    if (stopped) return;
    queue.failed(queued, plugins);
    recorder.event(queued.pod, 'Warning', 'FailedScheduling', why.message);
    markUnscheduled(client, clock, queued.pod, why).catch((error: unknown) => {
      log.warn({ err: error, pod: queued.pod.metadata.name }, 'cannot write the PodScheduled condition');
    });
  }

  function onPod(previous: Pod | undefined, pod: Pod): void {
    const { uid } = pod.metadata;
    if (isBound(pod)) {
      queue.delete(uid);
      onBoundPod(previous, pod);
    } else if (!isWaiting(pod)) {
      queue.delete(uid);
    } else if (!cache.hasPod(uid)) {
      queue.put(pod, previous !== undefined && asksForAnother(previous, pod));
    }
  }

  function onBoundPod(previous: Pod | undefined, pod: Pod): void {
    if (isTerminal(pod)) {
      if (cache.removePod(pod.metadata.uid)) queue.notice('PodDelete');
      return;
    }
    const isKnown = previous !== undefined && isBound(previous);
    if (isKnown && !asksForAnother(previous, pod)) return;
    cache.setPod(pod, pod.spec?.nodeName ?? '');
    queue.notice(isKnown ? 'PodUpdate' : 'PodAdd');
  }

  function onPodDeleted({ metadata }: Pod): void {
    queue.delete(metadata.uid);
    if (cache.removePod(metadata.uid)) queue.notice('PodDelete');
  }

  function onNode(previous: Node | undefined, node: Node): void {
    const info = cache.setNode(node);
    if (previous !== undefined && !offersAnother(previous, node)) return;
    const nodes = cache.nodes();
    const helps = (pod: Pod): boolean => mayFit({ pod, nodes, client }, PLUGINS, info);
    queue.notice(previous === undefined ? 'NodeAdd' : 'NodeUpdate', helps);
  }

  const stops = [
    client.watch('nodes', {
      added: (node) => onNode(undefined, node),
      updated: onNode,
      deleted: ({ metadata }) => cache.removeNode(metadata.name),
    }),
    client.watch('pods', { added: (pod) => onPod(undefined, pod), updated: onPod, deleted: onPodDeleted }),
  ];

  return {
    stop() {
      stopped = true;
      for (const stop of stops) stop();
      queue.close();
    },
  };
}

const isBound = ({ spec }: Kinds['pods']): boolean => (spec?.nodeName ?? '') !== '';

/** Whether the Pod is this scheduler's to place now. */
function isWaiting(pod: Pod): boolean {
  const { spec, metadata } = pod;
  if ((spec?.schedulerName ?? SCHEDULER_NAME) !== SCHEDULER_NAME) return false;
  const isGated = (spec?.schedulingGates ?? []).length > 0;
  return !isBound(pod) && !isGated && !isTerminal(pod) && metadata.deletionTimestamp === undefined;
}

/** Whether more has changed of the Pod than its status, which the scheduler writes itself. */
const asksForAnother = (previous: Pod, pod: Pod): boolean => wishesOf(previous) !== wishesOf(pod);

const wishesOf = ({ spec, metadata }: Pod): string =>
  JSON.stringify([spec, metadata.labels, metadata.ownerReferences, metadata.deletionTimestamp]);

/** Heartbeats, which change only conditions, make room for nobody. */
const offersAnother = (previous: Node, node: Node): boolean => offerOf(previous) !== offerOf(node);

const offerOf = ({ spec, status, metadata }: Node): string =>
  JSON.stringify([spec, metadata.labels, status?.allocatable]);
