import { PassThrough, Readable } from 'node:stream';
import type { Clock } from '#api/clock.ts';
import {
  RuntimeError,
  type AppliedResources,
  type ContainerRuntime,
  type ContainerSpec,
  type ContainerStats,
  type ExecOptions,
  type ExecSession,
  type ImageInfo,
  type LogOptions,
  type RuntimeContainer,
  type RuntimeEvent,
  type RuntimeImage,
  type RuntimeVolume,
} from './runtime.ts';

/** What a container's process does. */
export interface FakeProgram {
  /** It ends by itself after this many milliseconds; undefined: it runs until it is stopped. */
  readonly endsAfter?: number | undefined;
  readonly exitCode?: number | undefined;
  /** Its exit code when it gets SIGTERM; undefined: it ignores it. */
  readonly onTerm?: number | undefined;
  readonly output?: string | undefined;
  readonly oomKilled?: boolean | undefined;
  /** It cannot be started, for this reason. */
  readonly startError?: string | undefined;
}

export interface FakeExec {
  readonly exitCode: number;
  readonly output?: string;
  readonly errorOutput?: string;
  /** Milliseconds. */
  readonly takes?: number;
}

interface FakeUsage {
  /** Processors. */
  readonly cpu?: number;
  readonly memoryBytes?: number;
}

export interface FakeRuntimeOptions {
  /** Why the engine changes no container's resources. */
  readonly refusesUpdate?: string;
  readonly usage?: (container: RuntimeContainer) => FakeUsage;
  readonly clock: Clock;
  readonly labels?: Readonly<Record<string, string>>;
  /** What a container does; by default it runs until it is stopped, and then exits with 0. */
  readonly program?: (spec: ContainerSpec) => FakeProgram;
  readonly exec?: (container: RuntimeContainer, command: readonly string[]) => FakeExec;
}

interface FakeContainer {
  readonly spec: ContainerSpec;
  readonly program: FakeProgram;
  info: RuntimeContainer;
  log: string;
  cancel: () => void;
  /** Called when it ends. */
  readonly waiters: (() => void)[];
}

/** A container engine in memory. Keeps the rules that Docker keeps, as the contract suite of runtimes checks. */
export class FakeRuntime implements ContainerRuntime {
  /** On the host, and where they can be pulled from. */
  readonly localImages = new Map<string, ImageInfo>();
  readonly registry = new Map<string, ImageInfo>();
  readonly volumes = new Map<string, RuntimeVolume>();
  /** Every call fails while it is true. */
  down = false;
  readonly #options: FakeRuntimeOptions;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #count = 0;

  constructor(options: FakeRuntimeOptions) {
    this.#options = options;
  }

  addImage(name: string, user = ''): void {
    this.localImages.set(name, { id: `sha256:${name}`, user, sizeBytes: 1000 });
  }

  /** The containers' specs, as they were asked for. */
  specs(): ContainerSpec[] {
    return [...this.#containers.values()].map((one) => one.spec);
  }

  async list(): Promise<RuntimeContainer[]> {
    this.#answer();
    return [...this.#containers.values()].map((one) => one.info);
  }

  events(on: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(on);
    queueMicrotask(() => on({ type: 'resync' }));
    return () => this.#listeners.delete(on);
  }

  /** As when the engine was restarted: who listens may have missed something. */
  resync(): void {
    for (const on of this.#listeners) on({ type: 'resync' });
  }

  async image(image: string): Promise<ImageInfo | undefined> {
    this.#answer();
    return this.localImages.get(image);
  }

  async pullImage(image: string): Promise<void> {
    this.#answer();
    const found = this.registry.get(image);
    if (found === undefined) throw new RuntimeError('ErrImagePull', `manifest for ${image} not found`);
    this.localImages.set(image, found);
  }

  async create(spec: ContainerSpec): Promise<string> {
    this.#answer();
    const image = this.localImages.get(spec.image);
    if (image === undefined) throw new RuntimeError('CreateContainerError', `No such image: ${spec.image}`);
    if (this.#find(spec.name) !== undefined) {
      throw new RuntimeError('Conflict', `The container name "/${spec.name}" is already in use`);
    }
    this.#count += 1;
    const id = this.#count.toString(16).padStart(64, '0');
    this.#containers.set(id, {
      spec,
      program: this.#options.program?.(spec) ?? { onTerm: 0 },
      info: createdInfo(id, spec, image, { ...spec.labels, ...this.#options.labels }, this.#now()),
      log: '',
      cancel: () => undefined,
      waiters: [],
    });
    return id;
  }

  async start(id: string): Promise<RuntimeContainer> {
    this.#answer();
    const container = this.#get(id);
    this.#checkNetwork(container.spec.networkMode);
    const { program } = container;
    if (program.startError !== undefined) throw new RuntimeError('RunContainerError', program.startError);
    container.info = { ...container.info, state: 'running', pid: 1000 + this.#count, startedAt: this.#now() };
    container.log += program.output ?? '';
    if (program.endsAfter !== undefined) {
      const end = (): void => this.#end(container, program.exitCode ?? 0);
      container.cancel = this.#options.clock.after(program.endsAfter, end);
    }
    this.#emit('started', container);
    return container.info;
  }

  #checkNetwork(mode: string): void {
    const other = /^container:(.*)$/.exec(mode)?.[1];
    if (other === undefined) return;
    if (this.#find(other)?.info.state !== 'running') {
      throw new RuntimeError('RunContainerError', `cannot join network of a non running container: ${other}`);
    }
  }

  async inspect(id: string): Promise<RuntimeContainer | undefined> {
    this.#answer();
    return this.#find(id)?.info;
  }

  async update(id: string, resources: AppliedResources): Promise<void> {
    this.#answer();
    const container = this.#get(id);
    if (this.#options.refusesUpdate !== undefined)
      throw new RuntimeError('Failed', this.#options.refusesUpdate);
    container.info = { ...container.info, resources };
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    this.#answer();
    const { info } = this.#find(id) ?? {};
    if (info?.state !== 'running') return undefined;
    const at = this.#options.clock.now();
    const { cpu = 0.01, memoryBytes = 2_000_000 } = this.#options.usage?.(info) ?? {};
    const seconds = (at - Date.parse(info.startedAt)) / 1000;
    // Starting took some processor time already.
    return {
      at,
      cpuNanoseconds: Math.round((seconds + 1) * cpu * 1e9),
      memoryBytes,
      workingSetBytes: memoryBytes / 2,
    };
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    this.#answer();
    const container = this.#find(id);
    if (container?.info.state !== 'running') return;
    const { onTerm } = container.program;
    if (onTerm !== undefined) {
      this.#end(container, onTerm);
      return;
    }
    await new Promise<void>((resolve) => {
      container.waiters.push(resolve);
      this.#options.clock.after(graceSeconds * 1000, () => this.#end(container, 137));
    });
  }

  /** The process ends, as if by itself. */
  endProcess(id: string, exitCode = 137): void {
    this.#end(this.#get(id), exitCode);
  }

  async kill(id: string): Promise<void> {
    this.#answer();
    const container = this.#find(id);
    if (container !== undefined) this.#end(container, 137);
  }

  async remove(id: string): Promise<void> {
    this.#answer();
    const container = this.#find(id);
    if (container === undefined) return;
    this.#end(container, 137);
    this.#containers.delete(container.info.id);
    this.#emit('removed', container);
  }

  async exec(id: string, options: ExecOptions): Promise<ExecSession> {
    this.#answer();
    const container = this.#get(id);
    if (container.info.state !== 'running')
      throw new RuntimeError('NotRunning', `Container ${id} is not running`);
    const result = this.#options.exec?.(container.info, options.command) ?? { exitCode: 0 };
    const { clock } = this.#options;
    const ended = new Promise<number>((resolve) => {
      if (result.takes === undefined) resolve(result.exitCode);
      else clock.after(result.takes, () => resolve(result.exitCode));
    });
    return session(result.output ?? '', result.errorOutput ?? '', ended);
  }

  async attach(id: string): Promise<ExecSession> {
    this.#answer();
    const container = this.#get(id);
    if (container.info.state !== 'running')
      throw new RuntimeError('NotRunning', `Container ${id} is not running`);
    return session(container.log, '', this.#ended(container));
  }

  async logs(id: string, options: LogOptions): Promise<Readable> {
    this.#answer();
    const container = this.#get(id);
    const lines = container.log.split(/(?<=\n)/).filter((line) => line !== '');
    const tail =
      options.tailLines === undefined
        ? lines
        : options.tailLines === 0
          ? []
          : lines.slice(-options.tailLines);
    const text = Buffer.from(tail.join('')).subarray(0, options.limitBytes);
    const output = new PassThrough();
    output.write(text);
    if (options.follow && container.info.state === 'running')
      void this.#ended(container).then(() => output.end());
    else output.end();
    return output;
  }

  async createMemoryVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    this.#answer();
    this.volumes.set(name, { name, labels });
  }

  async memoryVolumes(): Promise<RuntimeVolume[]> {
    this.#answer();
    return [...this.volumes.values()];
  }

  async removeVolume(name: string): Promise<void> {
    this.#answer();
    const user = [...this.#containers.values()].find(({ spec }) =>
      spec.binds.some((bind) => bind.startsWith(`${name}:`)),
    );
    if (user !== undefined)
      throw new RuntimeError('Failed', `remove ${name}: volume is in use - [${user.info.id}]`);
    this.volumes.delete(name);
  }

  async version(): Promise<string> {
    this.#answer();
    return '20.10.24';
  }

  async images(): Promise<RuntimeImage[]> {
    this.#answer();
    return [...this.localImages].map(([name, { sizeBytes }]) => ({ names: [name], sizeBytes }));
  }

  #answer(): void {
    if (this.down) throw new RuntimeError('Unavailable', 'connect ENOENT docker.sock');
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }

  #find(idOrName: string): FakeContainer | undefined {
    const byName = [...this.#containers.values()].find((one) => one.spec.name === idOrName);
    return this.#containers.get(idOrName) ?? byName;
  }

  #get(id: string): FakeContainer {
    const found = this.#find(id);
    if (found === undefined) throw new RuntimeError('NotFound', `No such container: ${id}`);
    return found;
  }

  #ended(container: FakeContainer): Promise<number> {
    return new Promise((resolve) => {
      if (container.info.state !== 'running') resolve(container.info.exitCode);
      else container.waiters.push(() => resolve(container.info.exitCode));
    });
  }

  #end(container: FakeContainer, exitCode: number): void {
    if (container.info.state !== 'running') return;
    container.cancel();
    const oomKilled = container.program.oomKilled ?? false;
    container.info = {
      ...container.info,
      state: 'exited',
      pid: 0,
      exitCode,
      oomKilled,
      finishedAt: this.#now(),
    };
    for (const wake of container.waiters.splice(0)) wake();
    this.#emit('ended', container);
  }

  #emit(type: 'started' | 'ended' | 'removed', { info }: FakeContainer): void {
    for (const on of this.#listeners) on({ type, id: info.id, labels: info.labels });
  }
}

function createdInfo(
  id: string,
  spec: ContainerSpec,
  image: ImageInfo,
  labels: Readonly<Record<string, string>>,
  now: string,
): RuntimeContainer {
  return {
    id,
    labels,
    image: spec.image,
    imageId: image.id,
    state: 'created',
    pid: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    resources: {
      cpuShares: spec.resources.cpuShares ?? 0,
      cpuQuota: spec.resources.cpuQuota ?? 0,
      memoryBytes: spec.resources.memoryBytes ?? 0,
    },
    createdAt: now,
    startedAt: '',
    finishedAt: '',
  };
}

function session(output: string, errorOutput: string, exit: Promise<number>): ExecSession {
  return {
    stdin: new PassThrough(),
    stdout: Readable.from([Buffer.from(output)]),
    stderr: Readable.from([Buffer.from(errorOutput)]),
    resize: async () => undefined,
    exit,
    close: () => undefined,
  };
}
