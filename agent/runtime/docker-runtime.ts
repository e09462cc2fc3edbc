import { PassThrough, Readable, pipeline } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerInspectInfo, ContainerStats as EngineStats } from 'dockerode';
import { LABEL_CLUSTER, LABEL_NODE, LABEL_POD_UID, LABEL_ROLE } from '#api/names.ts';
import { createOptions } from './docker-create.ts';
import { calling, statusOf, toRuntimeError } from './docker-errors.ts';
import { followEvents } from './docker-events.ts';
import { merge } from './docker-frames.ts';
import { attachSession, execSession } from './docker-sessions.ts';
import type {
  AppliedResources,
  ContainerRuntime,
  ContainerSpec,
  ContainerStats,
  ImageInfo,
  LogOptions,
  RuntimeContainer,
  RuntimeEvent,
  RuntimeImage,
  RuntimeVolume,
} from './runtime.ts';
import { RuntimeError } from './runtime.ts';

/** Docker as the container engine. Knows only the sandboxes and containers of one node of one cluster. */
export function createDockerRuntime(options: {
  docker: Docker;
  clusterName: string;
  nodeName: string;
}): ContainerRuntime {
  return new DockerRuntime(options.docker, options.clusterName, options.nodeName);
}

class DockerRuntime implements ContainerRuntime {
  readonly #docker: Docker;
  readonly #labels: Readonly<Record<string, string>>;

  constructor(docker: Docker, clusterName: string, nodeName: string) {
    this.#docker = docker;
    this.#labels = { [LABEL_CLUSTER]: clusterName, [LABEL_NODE]: nodeName };
  }

  #labelFilters(): string[] {
    return Object.entries(this.#labels).map(([name, value]) => `${name}=${value}`);
  }

  async list(): Promise<RuntimeContainer[]> {
    const found = await calling('Failed', () =>
      this.#docker.listContainers({ all: true, filters: { label: this.#labelFilters() } }),
    );
    const ours = found.filter((one) => ['sandbox', 'container'].includes(one.Labels[LABEL_ROLE] ?? ''));
    const inspected = await Promise.all(ours.map((one) => this.inspect(one.Id)));
    return inspected.filter((one) => one !== undefined);
  }

  events(on: (event: RuntimeEvent) => void): () => void {
    return followEvents(this.#docker, this.#labelFilters(), on);
  }

  async image(image: string): Promise<ImageInfo | undefined> {
    const found = await unlessGone(calling('Failed', () => this.#docker.getImage(image).inspect()));
    return found && { id: found.Id, user: found.Config.User, sizeBytes: found.Size };
  }

  async pullImage(image: string): Promise<void> {
    // The engine pulls every tag of a name without one.
    const name = /(:[^/]+|@[^/]+)$/.test(image) ? image : `${image}:latest`;
    const progress = await calling('ErrImagePull', () => this.#docker.pull(name));
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(progress, (error: Error | null) => {
        if (error === null) resolve();
        else reject(toRuntimeError(error, 'ErrImagePull'));
      });
    });
  }

  async create(spec: ContainerSpec): Promise<string> {
    const options = createOptions(spec, this.#labels);
    const container = await calling('CreateContainerError', () => this.#docker.createContainer(options));
    return container.id;
  }

  async start(id: string): Promise<RuntimeContainer> {
    await calling('RunContainerError', () => this.#docker.getContainer(id).start());
    const started = await this.inspect(id);
    if (started === undefined) throw new RuntimeError('NotFound', `No such container: ${id}`);
    return started;
  }

  async inspect(id: string): Promise<RuntimeContainer | undefined> {
    const info = await unlessGone(calling('Failed', () => this.#docker.getContainer(id).inspect()));
    return info === undefined ? undefined : toRuntimeContainer(info);
  }

  async update(id: string, { cpuShares, cpuQuota, memoryBytes }: AppliedResources): Promise<void> {
    await calling('Failed', () =>
      this.#docker.getContainer(id).update({
        CpuShares: cpuShares,
        CpuPeriod: CPU_PERIOD_MICROSECONDS,
        // 0 would mean: as it was.
        CpuQuota: cpuQuota === 0 ? -1 : cpuQuota,
        // Without it the engine keeps the bound of memory and swap, which has to be the higher one.
        ...(memoryBytes === 0 ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes * 2 }),
      }),
    );
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    const t = Math.max(0, Math.ceil(graceSeconds));
    await ignoring([304, 404], this.#docker.getContainer(id).stop({ t }));
  }

  async kill(id: string): Promise<void> {
    await ignoring([404, 409], this.#docker.getContainer(id).kill());
  }

  async remove(id: string): Promise<void> {
    // 409: its removal is under way already.
    await ignoring([404, 409], this.#docker.getContainer(id).remove({ force: true, v: true }));
  }

  exec(id: string, options: Parameters<ContainerRuntime['exec']>[1]) {
    return execSession(this.#docker.getContainer(id), options);
  }

  attach(id: string, options: Parameters<ContainerRuntime['attach']>[1]) {
    return attachSession(this.#docker.getContainer(id), options);
  }

  async logs(id: string, options: LogOptions): Promise<Readable> {
    const container = this.#docker.getContainer(id);
    const info = await calling('Failed', () => container.inspect());
    const source = await this.#openLogs(id, options);
    const output = info.Config.Tty ? passOn(source) : merge(source);
    return options.limitBytes === undefined ? output : limited(output, options.limitBytes);
  }

  async #openLogs(id: string, options: LogOptions): Promise<Readable> {
    const since = options.sinceTime === undefined ? undefined : Date.parse(options.sinceTime) / 1000;
    const request = {
      stdout: true,
      stderr: true,
      timestamps: options.timestamps,
      ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
      ...(since === undefined ? {} : { since }),
    };
    const container = this.#docker.getContainer(id);
    if (options.follow) {
      return (await calling('Failed', () => container.logs({ ...request, follow: true }))) as Readable;
    }
    // dockerode reads the whole log into memory unless it follows; a container's log may be larger than that.
    return (await calling('Failed', () => this.#dial(`/containers/${id}/logs?`, request))) as Readable;
  }

  #dial(path: string, query: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#docker.modem.dial(
        {
          path,
          method: 'GET',
          isStream: true,
          statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
          options: query,
        },
        (error: Error | null, result: unknown) => (error === null ? resolve(result) : reject(error)),
      );
    });
  }

  async createMemoryVolume(
    name: string,
    labels: Readonly<Record<string, string>>,
    sizeBytes?: number,
  ): Promise<void> {
    const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`;
    await calling('Failed', () =>
      this.#docker.createVolume({
        Name: name,
        Driver: 'local',
        DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `mode=1777${size}` },
        Labels: { ...labels, ...this.#labels },
      }),
    );
  }

  async removeVolume(name: string): Promise<void> {
    await ignoring([404], this.#docker.getVolume(name).remove());
  }

  async memoryVolumes(): Promise<RuntimeVolume[]> {
    const { Volumes } = await calling('Failed', () =>
      this.#docker.listVolumes({ filters: JSON.stringify({ label: this.#labelFilters() }) }),
    );
    // The engine answers null for none.
    return (Volumes ?? [])
      .filter((volume) => LABEL_POD_UID in volume.Labels)
      .map((volume) => ({ name: volume.Name, labels: volume.Labels }));
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    const stats = await unlessGone(
      calling('Failed', () => this.#docker.getContainer(id).stats({ stream: false, 'one-shot': true })),
    );
    return stats === undefined ? undefined : toContainerStats(stats);
  }

  async version(): Promise<string> {
    const { Version } = await calling('Failed', () => this.#docker.version());
    // Debian adds `+dfsg1` to the engine's version.
    return Version.replace(/\+.*$/, '');
  }

  async images(): Promise<RuntimeImage[]> {
    const images = await calling('Failed', () => this.#docker.listImages());
    return images
      .map((image) => ({
        names: [...(image.RepoDigests ?? []), ...(image.RepoTags ?? [])].filter(
          (name) => !name.includes('<none>'),
        ),
        sizeBytes: image.Size,
      }))
      .filter((image) => image.names.length > 0);
  }
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RuntimeError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}

async function ignoring(statuses: readonly number[], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!statuses.includes(statusOf(error) ?? 0)) throw toRuntimeError(error, 'Failed');
  }
}

const CPU_PERIOD_MICROSECONDS = 100_000;

/** The engine writes the year 1 for what has not happened. */
const time = (text: string): string => (text === '' || text.startsWith('0001-') ? '' : text);

function toRuntimeContainer(info: ContainerInspectInfo): RuntimeContainer {
  const { State: state, HostConfig: host } = info;
  const never = time(state.StartedAt) === '';
  return {
    id: info.Id,
    labels: info.Config.Labels,
    image: info.Config.Image,
    imageId: info.Image,
    state: state.Running ? 'running' : never ? 'created' : 'exited',
    pid: state.Running ? state.Pid : 0,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    resources: {
      cpuShares: host.CpuShares ?? 0,
      cpuQuota: Math.max(0, host.CpuQuota ?? 0),
      memoryBytes: host.Memory ?? 0,
    },
    createdAt: time(info.Created),
    startedAt: time(state.StartedAt),
    finishedAt: state.Running ? '' : time(state.FinishedAt),
  };
}

/** A container that has ended uses nothing, and the engine says so by leaving its memory out. */
function toContainerStats({
  read,
  cpu_stats: cpu,
  memory_stats: memory,
}: EngineStats): ContainerStats | undefined {
  const used: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } } = memory;
  if (used.usage === undefined) return undefined;
  // The second is the name in version 1 of cgroups.
  const inactive = used.stats?.inactive_file ?? used.stats?.total_inactive_file ?? 0;
  return {
    at: Date.parse(read),
    cpuNanoseconds: cpu.cpu_usage.total_usage,
    memoryBytes: used.usage,
    workingSetBytes: Math.max(0, used.usage - inactive),
  };
}

function passOn(source: Readable): Readable {
  return pipeline(source, new PassThrough(), () => undefined);
}

/** The first `bytes` of `source`, which is then let go. */
const limited = (source: Readable, bytes: number): Readable =>
  Readable.from(head(source, bytes), { objectMode: false });

async function* head(source: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}
