import { chmod, chown, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#api/clock.ts';
import type { EmptyDirVolumeSource, HostPathVolumeSource, Volume, VolumeMount } from '#api/gen/types.ts';
import { LABEL_POD_NAME, LABEL_POD_NAMESPACE, LABEL_POD_UID } from '#api/names.ts';
import { quantityValue } from '#api/quantity.ts';
import type { Pod } from '../pods/pod-state.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import { writeVolume } from './atomic-writer.ts';
import { PodTokens, type TokenSource } from './pod-tokens.ts';
import type { ObjectReader } from './read-keys.ts';
import { volumeFiles, type FileFacts } from './volume-files.ts';

/** One directory under its two names: as this process sees it, and as the container engine does. */
export interface SharedDirectory {
  readonly path: string;
  readonly hostPath: string;
}

export interface VolumeManagerOptions {
  /** Holds a directory for each Pod, by uid. */
  readonly directory: SharedDirectory;
  /** Where this process sees the engine's file system, to check hostPath volumes. */
  readonly hostRoot: string;
  readonly objects: ObjectReader & TokenSource;
  readonly runtime: Pick<ContainerRuntime, 'createMemoryVolume' | 'removeVolume' | 'memoryVolumes'>;
  readonly clock: Clock;
}

/** Makes the volumes of Pods and takes them away again. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions;
  readonly #tokens: PodTokens;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
    this.#tokens = new PodTokens(options.objects, options.clock);
  }

  /** A file or directory of a Pod that is no volume: its hosts file, its containers' termination messages. */
  podPath(uid: string, ...names: string[]): SharedDirectory {
    const { path, hostPath } = this.#options.directory;
    return { path: join(path, 'pods', uid, ...names), hostPath: join(hostPath, 'pods', uid, ...names) };
  }

  /** Makes the Pod's directory and all its volumes. Throws an error whose message names the volume. */
  async mount(pod: Pod, facts: FileFacts): Promise<void> {
    await mkdir(this.podPath(pod.metadata.uid).path, { recursive: true, mode: 0o755 });
    await Promise.all((pod.spec?.volumes ?? []).map((volume) => this.#mountOne(pod, volume, facts)));
  }

  /** Writes anew what ConfigMaps, Secrets and the Pod's own fields have become. */
  async refresh(pod: Pod, facts: FileFacts): Promise<void> {
    for (const volume of pod.spec?.volumes ?? []) await this.#writeFiles(pod, volume, facts);
  }

  /** Removes a Pod's directory and volumes; its containers must be gone. */
  async unmount(pod: Pod): Promise<void> {
    for (const name of memoryVolumes(pod))
      await this.#options.runtime.removeVolume(memoryVolumeName(pod, name));
    await this.removeDirectory(pod.metadata.uid);
  }

  /** The same for a Pod of which only the uid is known. */
  async removeAll(uid: string): Promise<void> {
    const { runtime } = this.#options;
    const own = (await runtime.memoryVolumes()).filter((one) => one.labels[LABEL_POD_UID] === uid);
    for (const { name } of own) await runtime.removeVolume(name);
    await this.removeDirectory(uid);
  }

  async removeDirectory(uid: string): Promise<void> {
    this.#tokens.forget(uid);
    await rm(this.podPath(uid).path, { recursive: true, force: true });
  }

  /** The uids of the Pods that have a directory. */
  async directories(): Promise<string[]> {
    return readdir(join(this.#options.directory.path, 'pods')).catch(() => []);
  }

  /** What the engine is to mount for a container, as `source:target[:ro]`. */
  async binds(
    pod: Pod,
    mounts: readonly VolumeMount[],
    expandPath: (text: string) => string,
  ): Promise<string[]> {
    return Promise.all(
      mounts.map(async (mount) => {
        const volume = pod.spec?.volumes?.find((one) => one.name === mount.name);
        if (volume === undefined) throw new Error(`volume ${mount.name} not found`);
        const subPath = mount.subPath ?? expandPath(mount.subPathExpr ?? '');
        const source = await this.#source(pod, volume, subPath);
        return `${source}:${mount.mountPath}${mount.readOnly === true || holdsFiles(volume) ? ':ro' : ''}`;
      }),
    );
  }

  /** Mounts that the sandbox holds, so that volumes in memory outlive the containers. */
  sandboxBinds(pod: Pod): string[] {
    return memoryVolumes(pod).map((name) => `${memoryVolumeName(pod, name)}:/volumes/${name}`);
  }

  async #mountOne(pod: Pod, volume: Volume, facts: FileFacts): Promise<void> {
    try {
      if (volume.emptyDir !== undefined) await this.#emptyDir(pod, volume.name, volume.emptyDir);
      else if (volume.hostPath !== undefined) await this.#checkHostPath(volume.hostPath);
      else if (!(await this.#writeFiles(pod, volume, facts))) throw new Error(unsupported(volume));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${message}`, { cause: error });
    }
  }

  async #writeFiles(pod: Pod, volume: Volume, facts: FileFacts): Promise<boolean> {
    const files = await volumeFiles(pod, volume, facts, this.#options.objects, this.#tokens);
    if (files === undefined) return false;
    await writeVolume(this.#volumePath(pod, volume.name).path, files, {
      now: this.#options.clock.now(),
      group: pod.spec?.securityContext?.fsGroup,
    });
    return true;
  }

  async #emptyDir(pod: Pod, name: string, source: EmptyDirVolumeSource): Promise<void> {
    if (source.medium === 'Memory') {
      const size = source.sizeLimit === undefined ? undefined : quantityValue(source.sizeLimit);
      const labels = podLabels(pod);
      await this.#options.runtime.createMemoryVolume(memoryVolumeName(pod, name), labels, size);
      return;
    }
    const { path } = this.#volumePath(pod, name);
    const group = pod.spec?.securityContext?.fsGroup;
    await mkdir(path, { recursive: true });
    if (group !== undefined) await chown(path, 0, group);
    await chmod(path, group === undefined ? 0o777 : 0o2777);
  }

  async #checkHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
    // The engine makes a directory where there is nothing, which is what these two want.
    if (type === '' || type === 'DirectoryOrCreate') return;
    const found = await this.#statHost(path);
    const checks: Readonly<Record<string, [boolean | undefined, string]>> = {
      Directory: [found?.isDirectory(), 'directory'],
      File: [found?.isFile(), 'file'],
      Socket: [found?.isSocket(), 'socket file'],
      CharDevice: [found?.isCharacterDevice(), 'character device'],
      BlockDevice: [found?.isBlockDevice(), 'block device'],
    };
    const check = checks[type];
    if (check === undefined) throw new Error(`podlab does not support hostPath volumes of type ${type} yet`);
    if (check[0] !== true) throw new Error(`hostPath type check failed: ${path} is not a ${check[1]}`);
  }

  /** Undefined if there is nothing. Throws if it cannot be told, as where process 1 of the machine is shielded from others. */
  async #statHost(path: string) {
    try {
      return await stat(join(this.#options.hostRoot, path));
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new Error(`hostPath type check failed: ${message}`, { cause: error });
    }
  }

  #volumePath(pod: Pod, name: string): SharedDirectory {
    return this.podPath(pod.metadata.uid, 'volumes', name);
  }

  async #source(pod: Pod, volume: Volume, subPath: string): Promise<string> {
    if (volume.hostPath !== undefined) return join(volume.hostPath.path, subPath);
    if (volume.emptyDir?.medium === 'Memory') {
      if (subPath !== '') throw new Error('podlab does not support subPath in an emptyDir in memory yet');
      return memoryVolumeName(pod, volume.name);
    }
    const { path, hostPath } = this.#volumePath(pod, volume.name);
    if (subPath === '') return hostPath;
    return join(hostPath, await insideOf(path, subPath));
  }
}

/**
 * Where `subPath` leads inside of `directory`. Where there is nothing, a directory is made, also for a key that a ConfigMap does not have. A
 * container may have made a link that leads out of its volume, so each step is looked at before the next one is taken.
 */
async function insideOf(directory: string, subPath: string): Promise<string> {
  const root = await realpath(directory);
  let at = root;
  for (const name of subPath.split('/').filter((one) => one !== '' && one !== '.')) {
    const next = join(at, name);
    await mkdir(next, { mode: 0o755 }).catch(() => undefined);
    at = await realpath(next).catch(() => {
      throw new Error(`failed to prepare subPath for volumeMount: ${subPath} does not exist`);
    });
    if (!at.startsWith(`${root}/`)) {
      throw new Error(`failed to prepare subPath for volumeMount: ${subPath} leads out of the volume`);
    }
  }
  return at.slice(root.length);
}

const memoryVolumes = (pod: Pod): string[] =>
  (pod.spec?.volumes ?? []).filter((one) => one.emptyDir?.medium === 'Memory').map((one) => one.name);

const memoryVolumeName = (pod: Pod, name: string): string => `podlab-${pod.metadata.uid}-${name}`;

const podLabels = (pod: Pod): Record<string, string> => ({
  [LABEL_POD_NAME]: pod.metadata.name,
  [LABEL_POD_NAMESPACE]: pod.metadata.namespace ?? 'default',
  [LABEL_POD_UID]: pod.metadata.uid,
});

const holdsFiles = ({ configMap, secret, downwardAPI, projected }: Volume): boolean =>
  (configMap ?? secret ?? downwardAPI ?? projected) !== undefined;

function unsupported(volume: Volume): string {
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'without a source';
  return `podlab does not support volumes of type ${type} yet`;
}
