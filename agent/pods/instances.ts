import type { ContainerStatus } from '#api/gen/types.ts';
import {
  LABEL_CONTAINER_HASH,
  LABEL_CONTAINER_NAME,
  LABEL_RESTART_COUNT,
  LABEL_ROLE,
  LABEL_SANDBOX_ID,
} from '#api/names.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { Instance } from './pod-state.ts';

export function toInstance(container: RuntimeContainer, restartCount?: number): Instance {
  return {
    container,
    restartCount: restartCount ?? attemptOf(container),
    sandboxId: container.labels[LABEL_SANDBOX_ID] ?? '',
    specHash: container.labels[LABEL_CONTAINER_HASH] ?? '',
  };
}

export const attemptOf = (container: RuntimeContainer): number =>
  Number(container.labels[LABEL_RESTART_COUNT] ?? '0') || 0;

export const isSandbox = (container: RuntimeContainer): boolean => container.labels[LABEL_ROLE] === 'sandbox';

/** The runs of one container among what the engine has, the newest last. Those that never started are no runs. */
export const runsOf = (found: readonly RuntimeContainer[], name: string): Instance[] =>
  found
    .filter((one) => !isSandbox(one) && one.labels[LABEL_CONTAINER_NAME] === name && one.state !== 'created')
    .map((one) => toInstance(one))
    .sort((a, b) => a.restartCount - b.restartCount);

/** A run that was reported and that the engine does not know any more (kubelet's ContainerStatusUnknown). */
export function reportedRun(status: ContainerStatus, now: number): Instance | undefined {
  const id = status.containerID?.replace(/^docker:\/\//, '');
  if (id === undefined || id === '') return undefined;
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  const known = status.state?.running === undefined && ended !== undefined;
  return {
    restartCount: status.restartCount,
    sandboxId: '',
    specHash: '',
    lost: !known,
    terminationMessage: known
      ? (ended.message ?? '')
      : 'The container could not be located when the pod was terminated',
    container: {
      id,
      labels: {},
      image: status.image,
      imageId: status.imageID,
      state: 'exited',
      pid: 0,
      exitCode: known ? ended.exitCode : 137,
      oomKilled: known && ended.reason === 'OOMKilled',
      error: '',
      createdAt: '',
      startedAt: (known ? ended.startedAt : status.state?.running?.startedAt) ?? '',
      finishedAt: (known ? ended.finishedAt : undefined) ?? new Date(now).toISOString(),
    },
  };
}
