import { rfc3339Micro } from '#api/clock.ts';
import type { PodManager, RunningPod } from '../pods/pod-manager.ts';
import type { ContainerRuntime, ContainerStats } from '../runtime/runtime.ts';

export interface SummaryOptions {
  readonly runtime: Pick<ContainerRuntime, 'stats'>;
  readonly pods: Pick<PodManager, 'list'>;
  readonly nodeName: string;
  /** The node's own container. */
  readonly nodeContainerId: string;
}

/** Readings that are taken at the same time: the engine has other things to do. */
const CONCURRENCY = 8;

/**
 * What runs on this node uses, read now, in the form of a kubelet's `/stats/summary` (`stats/v1alpha1`), as far as the engine knows it:
 * processor time since the start of each container, and memory. The node's own figures are those of its container and of all its Pods.
 */
export async function summary({ runtime, pods, nodeName, nodeContainerId }: SummaryOptions): Promise<object> {
  const running = pods.list();
  const ids = [nodeContainerId, ...running.flatMap((pod) => pod.containers.map(({ id }) => id))];
  const stats = await readAll(runtime, ids);
  const all = [...stats.values()];
  return {
    node: { nodeName, ...usage(all) },
    pods: running.map((pod) => podSummary(pod, stats)),
  };
}

async function readAll(
  runtime: Pick<ContainerRuntime, 'stats'>,
  ids: readonly string[],
): Promise<Map<string, ContainerStats>> {
  const found = new Map<string, ContainerStats>();
  const waiting = [...new Set(ids)];
  const worker = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const stats = await runtime.stats(id);
      if (stats !== undefined) found.set(id, stats);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return found;
}

function podSummary({ pod, containers }: RunningPod, stats: ReadonlyMap<string, ContainerStats>): object {
  const { name, namespace, uid } = pod.metadata;
  const known = containers.flatMap((one) => {
    const found = stats.get(one.id);
    return found === undefined ? [] : [{ ...one, found }];
  });
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime ?? pod.metadata.creationTimestamp,
    containers: known.map((one) => ({ name: one.name, startTime: one.startedAt, ...usage([one.found]) })),
    ...usage(known.map(({ found }) => found)),
  };
}

function usage(stats: readonly ContainerStats[]): object {
  if (stats.length === 0) return {};
  const time = rfc3339Micro(Math.max(...stats.map(({ at }) => at)));
  const sum = (of: (one: ContainerStats) => number): number =>
    stats.reduce((total, one) => total + of(one), 0);
  return {
    cpu: { time, usageCoreNanoSeconds: sum(({ cpuNanoseconds }) => cpuNanoseconds) },
    memory: {
      time,
      usageBytes: sum(({ memoryBytes }) => memoryBytes),
      workingSetBytes: sum(({ workingSetBytes }) => workingSetBytes),
    },
  };
}
