import type { Readable, Writable } from 'node:stream';

/**
 * What the agent asks of a container engine. Implementations: Docker (`docker-runtime.ts`) and a fake that is as honest.
 *
 * Methods reject with `RuntimeError` when the engine refused or did not answer. All that the runtime makes carries the labels of
 * `api/names.ts`, so that a restarted agent finds it again with `list`.
 */
export interface ContainerRuntime {
  /** Every sandbox and container of this node and cluster, whatever its state. */
  list(): Promise<RuntimeContainer[]>;
  /** Calls `on` when a container of this node starts or ends, and when the engine may have lost events (`resync`). */
  events(on: (event: RuntimeEvent) => void): () => void;
  /** undefined: it is not on the host. */
  image(image: string): Promise<ImageInfo | undefined>;
  pullImage(image: string): Promise<void>;
  /** Resolves with the id. Rejects with `Conflict` when the name is taken, `CreateContainerError` when the engine refuses. */
  create(spec: ContainerSpec): Promise<string>;
  /** Resolves when the process runs (it may have ended again). Rejects with `RunContainerError` when it cannot be started. */
  start(id: string): Promise<RuntimeContainer>;
  /** undefined: there is none. */
  inspect(id: string): Promise<RuntimeContainer | undefined>;
  /** Changes what a running container may use; 0: without limit, or the least share. */
  update(id: string, resources: AppliedResources): Promise<void>;
  /** Sends the signal (default: the image's STOPSIGNAL or SIGTERM), waits up to the grace, then kills. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Kills at once, without a word. Resolves also when it does not run. */
  kill(id: string): Promise<void>;
  /** Removes, killing it if it runs. Resolves also when it is gone already. */
  remove(id: string): Promise<void>;
  exec(id: string, options: ExecOptions): Promise<ExecSession>;
  /** Attaches to the main process's streams. Rejects with `NotRunning` when the container has ended. */
  attach(id: string, options: Omit<ExecOptions, 'command'>): Promise<ExecSession>;
  /** stdout and stderr merged in order; ends when read whole, or with `follow` when the container ends. */
  logs(id: string, options: LogOptions): Promise<Readable>;
  /** A volume in memory that containers share while at least one of them runs; making it again changes nothing. */
  createMemoryVolume(
    name: string,
    labels: Readonly<Record<string, string>>,
    sizeBytes?: number,
  ): Promise<void>;
  /** Resolves also when it is gone already. Rejects while a container uses it. */
  removeVolume(name: string): Promise<void>;
  /** The volumes in memory of this node. */
  memoryVolumes(): Promise<RuntimeVolume[]>;
  /** What a container uses, read once. undefined: it does not run. */
  stats(id: string): Promise<ContainerStats | undefined>;
  /** The engine's version, such as `20.10.24`; an image list for the node's status. */
  version(): Promise<string>;
  images(): Promise<RuntimeImage[]>;
}

/** As the engine says it: 0 for what is not limited. */
export interface AppliedResources {
  readonly cpuShares: number;
  /** Per 100 ms period, in microseconds. */
  readonly cpuQuota: number;
  readonly memoryBytes: number;
}

export interface ContainerStats {
  /** When it was read, in milliseconds since the epoch. */
  readonly at: number;
  /** Processor time since the container's start. */
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  /** Without what the kernel could drop from its cache at once (cAdvisor's working set). */
  readonly workingSetBytes: number;
}

export interface RuntimeVolume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageInfo {
  readonly id: string;
  /** What it runs as unless told otherwise: '' (root), a number or a name, perhaps with `:group`. */
  readonly user: string;
  readonly sizeBytes: number;
}

export interface RuntimeImage {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

export interface RuntimeContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly imageId: string;
  readonly state: 'created' | 'running' | 'exited';
  /** On the host; 0 unless running. */
  readonly pid: number;
  readonly exitCode: number;
  /** 128 + signal is in exitCode; this is the engine's own flag. */
  readonly oomKilled: boolean;
  /** The engine's message if it could not start. */
  readonly error: string;
  /** What it was given; undefined when that is not known. */
  readonly resources?: AppliedResources;
  /** RFC 3339; '' when it has not happened. */
  readonly createdAt: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

export type RuntimeEvent =
  | {
      readonly type: 'started' | 'ended' | 'removed';
      readonly id: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly type: 'resync' };

export interface ContainerSpec {
  /** Unique on the host. */
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** undefined: the image's. */
  readonly entrypoint?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env: readonly string[];
  readonly workingDir?: string | undefined;
  readonly user?: string | undefined;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  /** `none` for a sandbox, `container:ID` for a Pod's container. */
  readonly networkMode: string;
  /** A signal's name; undefined: the image's, or SIGTERM. */
  readonly stopSignal?: string | undefined;
  readonly hostname?: string | undefined;
  readonly ipcMode?: string | undefined;
  readonly pidMode?: string | undefined;
  /** `source:target[:ro]` */
  readonly binds: readonly string[];
  /** Target to tmpfs options. */
  readonly tmpfs?: Readonly<Record<string, string>> | undefined;
  readonly sysctls?: Readonly<Record<string, string>> | undefined;
  readonly resources: {
    /** cgroup cpu.shares */
    readonly cpuShares?: number | undefined;
    /** Per 100 ms period, in microseconds. */
    readonly cpuQuota?: number | undefined;
    readonly memoryBytes?: number | undefined;
  };
  readonly capAdd?: readonly string[] | undefined;
  readonly capDrop?: readonly string[] | undefined;
  readonly privileged?: boolean | undefined;
  readonly readOnlyRoot?: boolean | undefined;
  readonly securityOpt?: readonly string[] | undefined;
  /** Further groups of the process, as numbers. */
  readonly groupAdd?: readonly string[] | undefined;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecSession {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(width: number, height: number): Promise<void>;
  /** Resolves with the exit code when the process has ended; for attach, when the container has. */
  readonly exit: Promise<number>;
  /** Lets go of the streams; the process is not killed. */
  close(): void;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  /** RFC 3339 */
  readonly sinceTime?: string | undefined;
}

/** Why the engine did not do it. `reason` is what Kubernetes shows in a container's waiting state, where there is one. */
export class RuntimeError extends Error {
  readonly reason: RuntimeErrorReason;

  constructor(reason: RuntimeErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuntimeError';
    this.reason = reason;
  }
}

export type RuntimeErrorReason =
  | 'ErrImagePull'
  | 'InvalidImageName'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'Conflict'
  | 'NotFound'
  | 'NotRunning'
  | 'Unavailable'
  | 'Failed';
