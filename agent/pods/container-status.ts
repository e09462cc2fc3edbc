import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  VolumeMountStatus,
} from '#api/gen/types.ts';
import { rfc3339 } from '#api/clock.ts';
import { reportedResources } from './resize.ts';
import {
  initContainers,
  isRestartableInit,
  isRunning,
  type ContainerRecord,
  type Instance,
  type PodView,
} from './pod-state.ts';

/** Status of the containers in `containers`, in the order of the spec (kubelet `kubelet_pods.go` convertToAPIContainerStatuses). */
export function containerStatuses(view: PodView, containers: readonly Container[]): ContainerStatus[] {
  return containers.map((container) => {
    const record = view.containers.get(container.name);
    return record === undefined ? unknownStatus(view, container) : containerStatus(view, container, record);
  });
}

/** A Pod that ended before this agent's time: what was said of it stands. */
function reported(view: PodView, name: string): ContainerStatus | undefined {
  const { status } = view.pod;
  return [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((one) => one.name === name);
}

function unknownStatus(view: PodView, container: Container): ContainerStatus {
  return (
    reported(view, container.name) ?? {
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready: false,
      restartCount: 0,
      started: false,
      state: { waiting: defaultWaiting(view) },
    }
  );
}

function containerStatus(
  view: PodView,
  container: Container,
  record: Readonly<ContainerRecord>,
): ContainerStatus {
  const { current } = record;
  const old = reported(view, record.name);
  if (current === undefined && view.ending !== undefined && old?.state?.terminated !== undefined) return old;
  const running = isRunning(record);
  const init = initContainers(view.pod).includes(container) && !isRestartableInit(container);
  const lastState = lastStateOf(record);
  return {
    ...(current === undefined ? {} : { containerID: containerId(current) }),
    image: current?.container.image ?? container.image ?? '',
    imageID: current?.container.imageId ?? '',
    lastState,
    name: record.name,
    ready: init ? endedWell(current) : running && record.ready,
    ...reportedResources(view, container, record, old),
    restartCount: current?.restartCount ?? 0,
    started: running && record.started,
    state: stateOf(view, record),
    ...volumeMounts(container),
  };
}

const endedWell = (instance: Instance | undefined): boolean =>
  instance?.container.state === 'exited' && instance.container.exitCode === 0;

function volumeMounts(container: Container): { volumeMounts?: VolumeMountStatus[] } {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ mountPath, name, readOnly }) => ({
      mountPath,
      name,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

const containerId = (instance: Instance): string => `docker://${instance.container.id}`;

/** A container that is waiting to be started again shows why, and its end as its last state. */
const showsWaiting = (record: Readonly<ContainerRecord>): boolean =>
  record.current === undefined || (!isRunning(record) && record.waiting !== undefined);

function stateOf(view: PodView, record: Readonly<ContainerRecord>): ContainerState {
  const { current } = record;
  if (current === undefined || showsWaiting(record))
    return { waiting: record.waiting ?? defaultWaiting(view) };
  if (isRunning(record)) return { running: { startedAt: seconds(current.container.startedAt) } };
  return { terminated: terminated(current) };
}

function lastStateOf(record: Readonly<ContainerRecord>): ContainerState {
  const last = showsWaiting(record) ? (record.current ?? record.previous) : record.previous;
  return last === undefined ? {} : { terminated: terminated(last) };
}

function defaultWaiting(view: PodView): { reason: string } {
  const inits = initContainers(view.pod);
  return { reason: inits.length > 0 ? 'PodInitializing' : 'ContainerCreating' };
}

function terminated(instance: Instance): ContainerStateTerminated {
  const { container, terminationMessage } = instance;
  const message = terminationMessage ?? container.error;
  return {
    containerID: containerId(instance),
    exitCode: container.exitCode,
    finishedAt: seconds(container.finishedAt),
    ...(message === '' ? {} : { message }),
    reason: terminatedReason(instance),
    startedAt: seconds(container.startedAt),
  };
}

function terminatedReason({ container, lost }: Instance): string {
  if (lost === true) return 'ContainerStatusUnknown';
  if (container.oomKilled) return 'OOMKilled';
  if (container.error !== '' && container.startedAt === '') return 'StartError';
  return container.exitCode === 0 ? 'Completed' : 'Error';
}

const seconds = (time: string): string => (time === '' ? '1970-01-01T00:00:00Z' : rfc3339(Date.parse(time)));
