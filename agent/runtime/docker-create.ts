import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerSpec } from './runtime.ts';

/** The engine's create request for a container. `labels` are put on top of the spec's own. */
export function createOptions(
  spec: ContainerSpec,
  labels: Readonly<Record<string, string>>,
): ContainerCreateOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels, ...labels },
    Env: [...spec.env],
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    // An image's health check has no meaning in Kubernetes and would cost an exec every few seconds.
    Healthcheck: { Test: ['NONE'] },
    ...defined({
      Entrypoint: copy(spec.entrypoint),
      Cmd: copy(spec.args),
      WorkingDir: spec.workingDir,
      User: spec.user,
      Hostname: spec.hostname,
      StopSignal: spec.stopSignal,
    }),
    HostConfig: {
      NetworkMode: spec.networkMode,
      Binds: [...spec.binds],
      ...defined({
        IpcMode: spec.ipcMode,
        PidMode: spec.pidMode,
        Tmpfs: spec.tmpfs === undefined ? undefined : { ...spec.tmpfs },
        Sysctls: spec.sysctls === undefined ? undefined : { ...spec.sysctls },
        CapAdd: copy(spec.capAdd),
        CapDrop: copy(spec.capDrop),
        Privileged: spec.privileged,
        ReadonlyRootfs: spec.readOnlyRoot,
        SecurityOpt: copy(spec.securityOpt),
        GroupAdd: copy(spec.groupAdd),
        ...limits(spec.resources),
      }),
    },
  };
}

function limits(resources: ContainerSpec['resources']) {
  return {
    CpuShares: resources.cpuShares,
    CpuPeriod: resources.cpuQuota === undefined ? undefined : 100_000,
    CpuQuota: resources.cpuQuota,
    Memory: resources.memoryBytes,
  };
}

const copy = (list: readonly string[] | undefined): string[] | undefined =>
  list === undefined ? undefined : [...list];

/** Without the keys whose value is undefined: the engine reads a missing key as its default. */
function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
