import type { ContainerStatus, Pod, PodCondition } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { humanDuration, since } from './durations.ts';
import { NONE, orNone } from './format.ts';
import { AGE, NAME, type Cell, type Printer, type RowCondition, column, wide } from './table.ts';

/** `printPod` of `pkg/printers/internalversion/printers.go`. */
export const podPrinter: Printer<Kinds['pods']> = {
  columns: [
    NAME,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    AGE,
    wide('IP'),
    wide('Node'),
    wide('Nominated Node'),
    wide('Readiness Gates'),
  ],
  cells(pod, now): readonly Cell[] {
    const summary = summarize(pod);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.reason,
      restarts(summary, now),
      since(pod.metadata.creationTimestamp, now),
      orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP),
      orNone(pod.spec?.nodeName),
      orNone(pod.status?.nominatedNodeName),
      readinessGates(pod),
    ];
  },
  conditions(pod): readonly RowCondition[] {
    const phase = pod.status?.phase;
    if (phase !== 'Succeeded' && phase !== 'Failed') return [];
    const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
    return [{ type: 'Completed', status: 'True', reason: phase, message }];
  },
};

type PodLike = Pick<Pod, 'spec' | 'status'> & { metadata: { deletionTimestamp?: string | undefined } };

interface Summary {
  reason: string;
  ready: number;
  total: number;
  restarts: number;
  /** Milliseconds since the epoch of the last termination; 0 when none is known. */
  lastRestart: number;
}

function summarize(pod: PodLike): Summary {
  const restartableInit = new Set(
    (pod.spec?.initContainers ?? [])
      .filter((container) => container.restartPolicy === 'Always')
      .map(({ name }) => name),
  );
  const summary: Summary = {
    reason: startReason(pod),
    ready: 0,
    total: (pod.spec?.containers ?? []).length + restartableInit.size,
    restarts: 0,
    lastRestart: 0,
  };
  if (!summarizeInitContainers(pod, restartableInit, summary)) summarizeContainers(pod, summary);
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (pod.status?.reason === 'NodeLost') summary.reason = 'Unknown';
    else if (!isTerminal(pod.status?.phase)) summary.reason = 'Terminating';
  }
  return summary;
}

function startReason(pod: PodLike): string {
  const status = pod.status;
  const gated = (status?.conditions ?? []).some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  if (gated) return 'SchedulingGated';
  return status?.reason === undefined || status.reason === '' ? (status?.phase ?? '') : status.reason;
}

/** True while an init container decides what the Pod's status is. */
function summarizeInitContainers(pod: PodLike, restartable: ReadonlySet<string>, summary: Summary): boolean {
  const restartableRestarts = { restarts: 0, lastRestart: 0 };
  const isInitializing = (pod.status?.initContainerStatuses ?? []).some((container, index) => {
    countRestarts(summary, container);
    const isRestartable = restartable.has(container.name);
    if (isRestartable) countRestarts(restartableRestarts, container);
    if (container.state?.terminated?.exitCode === 0) return false;
    if (isRestartable && container.started === true) {
      if (container.ready) summary.ready += 1;
      return false;
    }
    summary.reason = initReason(pod, container, index);
    return true;
  });
  if (isInitializing && !isInitialized(pod.status?.conditions ?? [])) return true;
  // Once initialized, only the init containers that go on running count.
  Object.assign(summary, restartableRestarts);
  return false;
}

function countRestarts(to: Pick<Summary, 'restarts' | 'lastRestart'>, container: ContainerStatus): void {
  to.restarts += container.restartCount;
  to.lastRestart = Math.max(to.lastRestart, lastTermination(container));
}

const isInitialized = (conditions: readonly PodCondition[]): boolean =>
  conditions.some((condition) => condition.type === 'Initialized' && condition.status === 'True');

function initReason(pod: PodLike, container: ContainerStatus, index: number): string {
  const { terminated, waiting } = container.state ?? {};
  if (terminated !== undefined) {
    return `Init:${orElse(terminated.reason, exitReason(terminated.signal, terminated.exitCode))}`;
  }
  if (waiting !== undefined && orElse(waiting.reason, '') !== '' && waiting.reason !== 'PodInitializing') {
    return `Init:${waiting.reason}`;
  }
  return `Init:${index}/${(pod.spec?.initContainers ?? []).length}`;
}

function summarizeContainers(pod: PodLike, summary: Summary): void {
  let hasRunning = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(summary, container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting !== undefined && orElse(waiting.reason, '') !== '') {
      summary.reason = waiting.reason!;
    } else if (terminated !== undefined) {
      summary.reason = orElse(terminated.reason, exitReason(terminated.signal, terminated.exitCode));
    } else if (container.ready && running !== undefined) {
      hasRunning = true;
      summary.ready += 1;
    }
  }
  // A Pod in which one container completed and another runs is not completed.
  if (summary.reason === 'Completed' && hasRunning) {
    summary.reason = isReady(pod.status?.conditions ?? []) ? 'Running' : 'NotReady';
  }
}

const isReady = (conditions: readonly PodCondition[]): boolean =>
  conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');

const isTerminal = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

const orElse = (text: string | undefined, other: string): string =>
  text === undefined || text === '' ? other : text;

const exitReason = (signal: number | undefined, exitCode: number): string =>
  signal === undefined || signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;

function lastTermination(container: ContainerStatus): number {
  const finishedAt = container.lastState?.terminated?.finishedAt;
  return finishedAt === undefined ? 0 : Date.parse(finishedAt);
}

const restarts = (summary: Summary, now: number): string =>
  summary.restarts === 0 || summary.lastRestart === 0
    ? String(summary.restarts)
    : `${summary.restarts} (${humanDuration(now - summary.lastRestart)} ago)`;

function readinessGates(pod: PodLike): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const met = gates.filter((gate) =>
    (pod.status?.conditions ?? []).some(
      (condition) => condition.type === gate.conditionType && condition.status === 'True',
    ),
  );
  return `${met.length}/${gates.length}`;
}
