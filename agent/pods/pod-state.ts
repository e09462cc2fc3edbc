import type { Container, Pod as ApiPod } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { BackOff } from './back-off.ts';

export type Pod = Kinds['pods'];

/** One run of a container. */
export interface Instance {
  readonly container: RuntimeContainer;
  readonly restartCount: number;
  /** '' when not known. */
  readonly sandboxId: string;
  readonly specHash: string;
  /** Started again under `OnFailure` although it ended with 0: the agent had it end. */
  readonly restart?: boolean;
  /** What it left in its termination message file, or at the end of its log. */
  readonly terminationMessage?: string | undefined;
  /** It was reported once and is not to be found any more. */
  readonly lost?: boolean;
}

export interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

/** What the worker knows of one container of its Pod. */
export interface ContainerRecord {
  readonly name: string;
  /** The newest run, and the one before. */
  current: Instance | undefined;
  previous: Instance | undefined;
  operation: 'none' | 'starting' | 'stopping' | 'resizing';
  /** Why it does not run now. */
  waiting: Waiting | undefined;
  /** Not to be started before this time, in milliseconds. */
  retryAt: number;
  backOff: BackOff | undefined;
  /** Why its resources could not be changed, and when to try again, in milliseconds. */
  resizeFailure: { readonly message: string; readonly retryAt: number } | undefined;
  /** By the probes, for the run in `current`. */
  ready: boolean;
  started: boolean;
  /** Why the run in `current` has to end: the text of its Killing event. */
  kill: string | undefined;
  /** Seconds; undefined: the Pod's. */
  killGrace: number | undefined;
}

export interface SandboxView {
  state: 'absent' | 'starting' | 'ready' | 'dead' | 'removing';
  id: string;
  /** One of each IP family, the primary family's first; none until it is connected. */
  ips: readonly string[];
  retryAt: number;
  /** How many sandboxes this Pod has had. */
  attempt: number;
}

export interface VolumesView {
  state: 'absent' | 'mounting' | 'mounted';
  retryAt: number;
}

/** Why a Pod's containers are to end and none may start. */
export interface Ending {
  /** `deleted`: nothing is to be left. `failed`: the node ends it. `completed`: its containers have all ended by themselves. */
  readonly why: 'deleted' | 'failed' | 'completed';
  readonly since: number;
  readonly graceSeconds: number;
  readonly reason?: string;
  readonly message?: string;
}

/** All that a plan or a status is made from. */
export interface PodView {
  readonly pod: Pod;
  readonly now: number;
  readonly ending: Ending | undefined;
  /** What the node has for Pods; absent: as much as they like. */
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly sandbox: Readonly<SandboxView>;
  readonly volumes: Readonly<VolumesView>;
  readonly containers: ReadonlyMap<string, Readonly<ContainerRecord>>;
}

export const newRecord = (name: string): ContainerRecord => ({
  name,
  current: undefined,
  previous: undefined,
  operation: 'none',
  waiting: undefined,
  retryAt: 0,
  backOff: undefined,
  resizeFailure: undefined,
  ready: false,
  started: false,
  kill: undefined,
  killGrace: undefined,
});

export const isRunning = (record: Readonly<ContainerRecord> | undefined): boolean =>
  record?.current?.container.state === 'running';

export const hasEnded = (record: Readonly<ContainerRecord> | undefined): boolean =>
  record?.current?.container.state === 'exited';

/** An init container that goes on running beside the Pod's containers (a sidecar). */
export const isRestartableInit = (container: Container): boolean => container.restartPolicy === 'Always';

export const initContainers = (pod: ApiPod): readonly Container[] => pod.spec?.initContainers ?? [];

export const appContainers = (pod: ApiPod): readonly Container[] => pod.spec?.containers ?? [];

/** Containers for debugging, which were added while the Pod ran. They have the fields of others, and a target. */
export const ephemeralContainers = (pod: ApiPod): readonly (Container & { targetContainerName?: string })[] =>
  pod.spec?.ephemeralContainers ?? [];

export const allContainers = (pod: ApiPod): readonly Container[] => [
  ...initContainers(pod),
  ...appContainers(pod),
  ...ephemeralContainers(pod),
];

export const isTerminalPhase = (phase: string | undefined): boolean =>
  phase === 'Succeeded' || phase === 'Failed';
