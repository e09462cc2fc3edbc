import type { ContainerStatus, PodCondition } from '#api/gen/types.ts';
import { rfc3339 } from '#api/clock.ts';
import { resizeVerdicts } from './resize.ts';
import { appContainers, initContainers, isRestartableInit, type PodView } from './pod-state.ts';

interface Verdict {
  readonly status: boolean;
  readonly reason?: string;
  readonly message?: string;
}

const OWN: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'DisruptionTarget',
  'PodResizePending',
  'PodResizeInProgress',
]);

/** The kubelet's own; any other condition on a Pod (readiness gates) belongs to somebody else, who may change it at any time. */
export const isOwnCondition = (type: string): boolean => OWN.has(type);

/** The kubelet's own conditions as the kubelet sets them (kubelet `status/generate.go`), in the order in which kubectl shows them. */
export function podConditions(
  view: PodView,
  phase: string,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
): PodCondition[] {
  const containersReady = containersReadyVerdict(view, phase, inits, apps);
  const verdicts: [string, Verdict][] = [
    ['PodReadyToStartContainers', { status: view.sandbox.state === 'ready' && view.sandbox.ips.length > 0 }],
    ['Initialized', initializedVerdict(view, phase, inits, apps)],
    ['Ready', readyVerdict(view, phase, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: true }],
  ];
  if (view.ending?.why === 'failed' && view.ending.reason === 'Terminated') {
    verdicts.push(['DisruptionTarget', disrupted(view)]);
  }
  for (const [type, verdict] of resizeVerdicts(view)) verdicts.unshift([type, { status: true, ...verdict }]);
  return verdicts.map(([type, verdict]) => toCondition(view, type, verdict));
}

const disrupted = ({ ending }: PodView): Verdict => ({
  status: true,
  reason: 'TerminationByKubelet',
  message: ending?.message ?? '',
});

function initializedVerdict(
  { pod }: PodView,
  phase: string,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
): Verdict {
  if (phase === 'Succeeded') return { status: true, reason: 'PodCompleted' };
  if (apps.some((one) => one.state?.running !== undefined || one.lastState?.terminated !== undefined)) {
    return { status: true };
  }
  const incomplete = initContainers(pod)
    .filter((container, at) => !(isRestartableInit(container) ? inits[at]?.started : inits[at]?.ready))
    .map((one) => one.name);
  return incomplete.length === 0
    ? { status: true }
    : {
        status: false,
        reason: 'ContainersNotInitialized',
        message: `containers with incomplete status: [${incomplete.join(' ')}]`,
      };
}

function containersReadyVerdict(
  view: PodView,
  phase: string,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
): Verdict {
  if (phase === 'Succeeded') return { status: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: false, reason: 'PodFailed' };
  const sidecars = initContainers(view.pod).filter(isRestartableInit);
  const statuses = new Map([...inits, ...apps].map((one) => [one.name, one]));
  const unready = [...sidecars, ...appContainers(view.pod)]
    .filter((one) => statuses.get(one.name)?.ready !== true || isFailing(view))
    .map((one) => one.name);
  return unready.length === 0
    ? { status: true }
    : {
        status: false,
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unready.join(' ')}]`,
      };
}

/** A Pod that is deleted stays ready while its containers are: whether it may be sent to, its deletion says. */
const isFailing = ({ ending }: PodView): boolean => ending !== undefined && ending.why !== 'deleted';

function readyVerdict({ pod }: PodView, phase: string, containersReady: Verdict): Verdict {
  if (!containersReady.status || phase !== 'Running') return containersReady;
  const conditions = new Map((pod.status?.conditions ?? []).map((one) => [one.type, one.status]));
  const messages = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const status = conditions.get(conditionType);
    if (status === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${status}`];
  });
  if (messages.length === 0) return { status: true };
  return { status: false, reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

/** A condition keeps its time while its status stays. */
function toCondition({ pod, now }: PodView, type: string, verdict: Verdict): PodCondition {
  const status = verdict.status ? 'True' : 'False';
  const old = pod.status?.conditions?.find((one) => one.type === type);
  const since = old?.status === status ? old.lastTransitionTime : undefined;
  return {
    lastProbeTime: null as unknown as string,
    lastTransitionTime: since ?? rfc3339(now),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    status,
    type,
  };
}
