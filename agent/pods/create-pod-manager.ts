import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { LABEL_GRACE_PERIOD, LABEL_POD_UID } from '#api/names.ts';
import { StatusError } from '#api/status.ts';
import { ImageManager } from '../images/image-manager.ts';
import type { PodGate } from '../network-policy/pod-gate.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import { listensOn, type ServingCheck } from '../probes/serving.ts';
import type { ContainerRuntime, RuntimeContainer, RuntimeEvent } from '../runtime/runtime.ts';
import type { ControlPlane, PodRef } from '../session/control-plane.ts';
import { VolumeManager, type SharedDirectory } from '../volumes/volume-manager.ts';
import { untilDone, type AgentContext, type ClusterFacts } from './agent-context.ts';
import { isSandbox } from './instances.ts';
import { createPodRecorder } from './pod-events.ts';
import type { PodManager, RunningPod } from './pod-manager.ts';
import { isRunning, type Pod } from './pod-state.ts';
import { PodWorker } from './pod-worker.ts';
import { removeSandbox } from './sandbox.ts';
import type { ServicesOf } from './service-env.ts';

export interface PodManagerOptions {
  readonly runtime: ContainerRuntime;
  readonly network: Pick<PodNetwork, 'attach' | 'detach' | 'retain'>;
  /** Asked after `start`. */
  readonly podGate: () => PodGate;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
  /** For Pods in the node's network. */
  readonly nodeContainerId: string;
  /** Runs `sleep infinity`. */
  readonly pauseImage: string;
  /** Where Pods' files live; the engine must see them too. */
  readonly volumesDir: SharedDirectory;
  /** Where this process sees the engine's file system: `/proc/1/root` with `pid: host`. */
  readonly hostRoot?: string;
  /** Asked after `start`. */
  readonly cluster: () => ClusterFacts;
  readonly allocatable?: Readonly<Record<string, string>>;
  /** How long ready containers of a Pod that ends go on serving before they are told, so that every proxy has heard of it: default 750. */
  readonly lingerMilliseconds?: number;
  /** By default the kernel is asked. */
  readonly serves?: ServingCheck;
  /** For the variables of a Pod's environment. */
  readonly services: ServicesOf;
}

/** A change of endpoints takes some tens of milliseconds to reach all proxies, on a busy machine some hundreds. */
const LINGER_MILLISECONDS = 750;

/** Runs the Pods of this node. */
export function createPodManager(options: PodManagerOptions): PodManager {
  return new Pods(toContext(options), options.nodeName);
}

function toContext(options: PodManagerOptions): AgentContext {
  const { runtime, network, controlPlane, clock, log, pauseImage, nodeContainerId } = options;
  const { volumesDir, hostRoot = '/proc/1/root' } = options;
  return {
    runtime,
    network,
    controlPlane,
    clock,
    log,
    pauseImage,
    nodeContainerId,
    images: new ImageManager(runtime, clock),
    volumes: new VolumeManager({ directory: volumesDir, hostRoot, objects: controlPlane, runtime, clock }),
    record: createPodRecorder(controlPlane, clock, options.nodeName),
    get podGate() {
      return options.podGate();
    },
    get cluster() {
      return options.cluster();
    },
    allocatable: options.allocatable ?? {},
    lingerMilliseconds: options.lingerMilliseconds ?? LINGER_MILLISECONDS,
    serves: options.serves ?? listensOn,
    services: options.services,
  };
}

class Pods implements PodManager {
  readonly #context: AgentContext;
  readonly #nodeName: string;
  readonly #workers = new Map<string, PodWorker>();
  /** What the engine had when this agent started, by Pod uid, until somebody claims it. */
  #found = new Map<string, RuntimeContainer[]>();
  /** The Pods that the list under way has named; undefined between lists. */
  #named: Set<string> | undefined = new Set();
  /** What was asked before the agent knew what runs; undefined when it knows. */
  #waiting: (() => void)[] | undefined = [];
  #stopped = false;
  #stopEvents: () => void = () => undefined;

  constructor(context: AgentContext, nodeName: string) {
    this.#context = context;
    this.#nodeName = nodeName;
  }

  async start({ fresh }: { fresh: boolean }): Promise<void> {
    const { runtime } = this.#context;
    this.#stopEvents = runtime.events((event) => this.#onEvent(event));
    if (fresh) await untilDone(this.#context, 'ending what a crash left running', () => this.#endAll());
    const found = await untilDone(this.#context, 'listing containers', () => runtime.list());
    for (const container of found) {
      const uid = container.labels[LABEL_POD_UID] ?? '';
      this.#found.set(uid, [...(this.#found.get(uid) ?? []), container]);
    }
    const sandboxes = found.filter((one) => isSandbox(one) && one.state === 'running').map(({ id }) => id);
    await this.#context.network
      .retain(sandboxes)
      .catch((err: unknown) => this.#context.log.warn({ err }, 'cannot look for wires of lost sandboxes'));
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const act of waiting) act();
  }

  #whenStarted(act: () => void): void {
    if (this.#waiting === undefined) act();
    else this.#waiting.push(act);
  }

  listing(): void {
    this.#whenStarted(() => {
      this.#named = new Set();
    });
  }

  async #endAll(): Promise<void> {
    const { runtime } = this.#context;
    const running = (await runtime.list()).filter((one) => one.state === 'running');
    await Promise.all(running.map((one) => runtime.kill(one.id)));
  }

  desired(pod: Pod): void {
    this.#whenStarted(() => this.#desired(pod));
  }

  #desired(pod: Pod): void {
    const { uid } = pod.metadata;
    this.#named?.add(uid);
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    if (this.#stopped) return;
    const found = this.#found.get(uid) ?? [];
    this.#found.delete(uid);
    this.#workers.set(uid, new PodWorker(this.#context, pod, found, () => this.#workers.delete(uid)));
    this.#context.log.info(
      { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, uid, found: found.length },
      'pod added',
    );
  }

  gone(pod: PodRef): void {
    this.#whenStarted(() => this.#workers.get(pod.uid)?.removed());
  }

  synced(): void {
    this.#whenStarted(() => this.#synced());
  }

  #synced(): void {
    for (const [uid, worker] of this.#workers) if (this.#named?.has(uid) === false) worker.removed();
    this.#named = undefined;
    const orphans = this.#found;
    this.#found = new Map();
    for (const [uid, containers] of orphans) void this.#removeOrphan(uid, containers);
    void this.#removeOrphanDirectories(orphans);
  }

  /** A Pod that was deleted while this agent was away. */
  async #removeOrphan(uid: string, containers: readonly RuntimeContainer[]): Promise<void> {
    const { runtime, volumes, log } = this.#context;
    log.info({ uid, containers: containers.length }, 'removing a pod that is gone from the API');
    const members = containers.filter((one) => !isSandbox(one));
    await Promise.all(
      members.map(async ({ id, labels }) => {
        const grace = Number(labels[LABEL_GRACE_PERIOD] ?? '30') || 0;
        await untilDone(this.#context, 'stopping a container', () => runtime.stop(id, grace));
        await untilDone(this.#context, 'removing a container', () => runtime.remove(id));
      }),
    );
    for (const { id } of containers.filter(isSandbox)) await removeSandbox(this.#context, id);
    await untilDone(this.#context, 'removing volumes', () => volumes.removeAll(uid));
  }

  async #removeOrphanDirectories(orphans: ReadonlyMap<string, unknown>): Promise<void> {
    for (const uid of await this.#context.volumes.directories()) {
      if (this.#workers.has(uid) || orphans.has(uid)) continue;
      await this.#context.volumes.removeDirectory(uid);
    }
  }

  #onEvent(event: RuntimeEvent): void {
    if (event.type === 'started') return;
    if (event.type === 'resync') {
      for (const worker of this.#workers.values()) {
        worker
          .resync()
          .catch((error: unknown) => this.#context.log.warn({ err: error }, 'looking again failed'));
      }
      return;
    }
    this.#workers.get(event.labels[LABEL_POD_UID] ?? '')?.containerEnded(event.id);
  }

  #worker(pod: PodRef): PodWorker {
    const worker = this.#workers.get(pod.uid);
    if (worker === undefined) throw new StatusError('NotFound', `pod "${pod.name}" not found`);
    return worker;
  }

  async containerId(
    pod: PodRef,
    container: string,
    { running = false, previous = false }: { running?: boolean; previous?: boolean },
  ): Promise<string> {
    const record = this.#worker(pod).record(container);
    if (record === undefined)
      throw StatusError.badRequest(`container ${container} is not valid for pod ${pod.name}`);
    const where = `container "${container}" in pod "${pod.name}"`;
    if (previous) {
      const ended = isRunning(record) || record.waiting === undefined ? record.previous : record.current;
      if (ended !== undefined) return ended.container.id;
      throw StatusError.badRequest(`previous terminated ${where} not found`);
    }
    if (running && !isRunning(record)) {
      // Without "Internal error occurred: ", which kubectl would take for YAML and show nothing of.
      throw new StatusError('InternalError', `container not found ("${container}")`);
    }
    if (record.current !== undefined) return record.current.container.id;
    const reason = record.waiting?.reason ?? 'ContainerCreating';
    throw StatusError.badRequest(`${where} is waiting to start: ${reason}`);
  }

  list(): RunningPod[] {
    return [...this.#workers.values()].map((worker) => worker.running());
  }

  async sandboxPid(pod: PodRef): Promise<number> {
    const { state, id } = this.#worker(pod).sandbox;
    const found = state === 'ready' ? await this.#context.runtime.inspect(id) : undefined;
    if (found === undefined || found.state !== 'running') {
      throw StatusError.internal(`failed to find sandbox of pod "${pod.name}"`);
    }
    return found.pid;
  }

  async shutdown(graceSeconds: number): Promise<void> {
    this.#stopped = true;
    const workers = [...this.#workers.values()];
    this.#context.log.info({ node: this.#nodeName, pods: workers.length }, 'ending the pods of this node');
    const message = 'Pod was terminated in response to imminent node shutdown.';
    for (const worker of workers) worker.fail('Terminated', message, graceSeconds);
    await Promise.all(workers.map((worker) => worker.stopped()));
  }

  close(): void {
    this.#stopped = true;
    this.#stopEvents();
    for (const worker of this.#workers.values()) worker.close();
  }
}
