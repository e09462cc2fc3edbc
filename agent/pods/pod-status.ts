import type { ContainerStatus, PodStatus } from '#api/gen/types.ts';
import { rfc3339 } from '#api/clock.ts';
import { containerStatuses } from './container-status.ts';
import { podConditions } from './pod-conditions.ts';
import {
  appContainers,
  ephemeralContainers,
  initContainers,
  isRestartableInit,
  isTerminalPhase,
  type PodView,
} from './pod-state.ts';

/** The status that the node reports for a Pod (kubelet `kubelet_pods.go` generateAPIPodStatus). Pure. */
export function podStatus(view: PodView, hostIps: readonly string[]): PodStatus {
  const { pod, ending } = view;
  const inits = containerStatuses(view, initContainers(pod));
  const apps = containerStatuses(view, appContainers(pod));
  const phase = podPhase(view, inits, apps);
  const failed = ending?.why === 'failed' ? ending : undefined;
  return {
    conditions: podConditions(view, phase, inits, apps),
    containerStatuses: apps,
    ...addresses(view, hostIps),
    ...ephemeralStatuses(view),
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
    ...kept(view),
    ...(failed === undefined ? {} : { reason: failed.reason ?? '', message: failed.message ?? '' }),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(pod.status?.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
    startTime: pod.status?.startTime ?? rfc3339(view.now),
  };
}

/** Nobody asks whether they are ready. */
function ephemeralStatuses(view: PodView): PodStatus {
  const containers = ephemeralContainers(view.pod);
  if (containers.length === 0) return {};
  const statuses = containerStatuses(view, containers).map((status) => {
    const { started: _started, ...rest } = status;
    return { ...rest, ready: false };
  });
  return { ephemeralContainerStatuses: statuses };
}

/** Why a Pod that had ended before had failed. */
function kept({ pod, ending }: PodView): PodStatus {
  if (ending === undefined || !isTerminalPhase(pod.status?.phase)) return {};
  const { reason, message } = pod.status ?? {};
  return { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
}

function addresses(view: PodView, hostIps: readonly string[]): PodStatus {
  const { pod, sandbox, ending } = view;
  const before = ending === undefined ? [] : (pod.status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
  const podIps = sandbox.ips.length === 0 ? before : sandbox.ips;
  const [hostIP] = hostIps;
  const [podIP] = podIps;
  return {
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(podIP === undefined ? {} : { podIP, podIPs: podIps.map((ip) => ({ ip })) }),
  };
}

/** kubelet `kubelet_pods.go` getPhase. A Pod that has ended never runs again. */
function podPhase(
  view: PodView,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
): string {
  const { pod, ending } = view;
  if (isTerminalPhase(pod.status?.phase)) return pod.status?.phase ?? '';
  // What is under way may still make a container run.
  const settled = [...view.containers.values()].every((record) => record.operation === 'none');
  const policy = ending !== undefined && settled ? 'Never' : (pod.spec?.restartPolicy ?? 'Always');
  if (ending?.why === 'failed' && settled && !apps.some(isUp)) return 'Failed';
  const initsOver = policy === 'Never' && initFailed(view, inits);
  if (initsOver) return 'Failed';
  return initPending(view, inits) ? 'Pending' : phaseOfApps(apps, policy);
}

const initFailed = ({ pod }: PodView, inits: readonly ContainerStatus[]): boolean =>
  initContainers(pod).some(
    (container, at) => !isRestartableInit(container) && (inits[at]?.state?.terminated?.exitCode ?? 0) !== 0,
  );

const initPending = ({ pod }: PodView, inits: readonly ContainerStatus[]): boolean =>
  initContainers(pod).some((container, at) =>
    isRestartableInit(container)
      ? inits[at]?.state?.waiting !== undefined && inits[at].lastState?.terminated === undefined
      : inits[at]?.ready !== true,
  );

const isUp = (status: ContainerStatus): boolean => status.state?.running !== undefined;

function phaseOfApps(apps: readonly ContainerStatus[], policy: string): string {
  const running = apps.filter(isUp).length;
  const ended = apps.map((one) => one.state?.terminated).filter((one) => one !== undefined);
  const again = apps.filter(
    (one) => one.state?.waiting !== undefined && one.lastState?.terminated !== undefined,
  );
  if (apps.length - running - ended.length - again.length > 0) return 'Pending';
  if (running > 0 || again.length > 0 || policy === 'Always') return 'Running';
  if (ended.every((one) => one.exitCode === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}
