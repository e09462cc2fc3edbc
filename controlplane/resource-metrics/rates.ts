import type { Summary } from './summary.ts';

/** What something used between two readings. */
export interface Measure {
  /** Billionths of a processor. */
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}

export interface NodeMeasure {
  /** Milliseconds since the epoch: of the newer reading. */
  readonly at: number;
  readonly windowMilliseconds: number;
  readonly node: Measure;
  /** By the Pod's uid, then by container; a Pod of which one container cannot be told yet is not there. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Measure>>;
}

type Usage = Summary['node'];
type Container = Summary['pods'][number]['containers'][number];

/** From two readings of a node what its Pods use, as metrics-server's storage does; undefined when the node itself cannot be told. */
export function ratesOf(older: Summary, newer: Summary): NodeMeasure | undefined {
  const node = rate(older.node, newer.node);
  if (node === undefined) return undefined;
  const before = new Map(older.pods.map((pod) => [pod.podRef.uid, pod.containers]));
  const pods = new Map<string, ReadonlyMap<string, Measure>>();
  for (const { podRef, containers } of newer.pods) {
    const measures = containers.map(
      (one) => [one.name, containerRate(before.get(podRef.uid) ?? [], one)] as const,
    );
    const known = measures.filter((entry): entry is readonly [string, Measure] => entry[1] !== undefined);
    if (known.length === containers.length && known.length > 0) pods.set(podRef.uid, new Map(known));
  }
  const at = timeOf(newer.node);
  return { at, windowMilliseconds: at - timeOf(older.node), node, pods };
}

const timeOf = ({ cpu }: Usage): number => Date.parse(cpu?.time ?? '');

/** Of a container that began after the older reading, all that it has used counts. */
function containerRate(before: readonly Container[], now: Container): Measure | undefined {
  const same = before.find(({ name, startTime }) => name === now.name && startTime === now.startTime);
  const from: Usage = same ?? { cpu: { time: now.startTime, usageCoreNanoSeconds: 0 } };
  return rate(from, now);
}

function rate(from: Usage, to: Usage): Measure | undefined {
  const milliseconds = timeOf(to) - timeOf(from);
  if (from.cpu === undefined || to.cpu === undefined || to.memory === undefined || !(milliseconds > 0))
    return undefined;
  // The node's sum grows smaller when one of its Pods goes.
  const used = Math.max(0, to.cpu.usageCoreNanoSeconds - from.cpu.usageCoreNanoSeconds);
  return { cpuNanocores: Math.round((used * 1000) / milliseconds), memoryBytes: to.memory.workingSetBytes };
}
