import type { Container } from '#api/gen/types.ts';
import { startContainerProbes, type ContainerProbes } from '../probes/container-probes.ts';
import { ImageError } from '../images/image-manager.ts';
import { RuntimeError, type RuntimeContainer } from '../runtime/runtime.ts';
import { errorText, sleep, untilDone, type AgentContext } from './agent-context.ts';
import { nextBackOff, formatSeconds } from './back-off.ts';
import { containerSpec } from './container-spec.ts';
import { createAnew } from './create-anew.ts';
import { envNeedsAddress, makeEnv } from './env.ts';
import { expand } from './expand.ts';
import { runHook } from './hooks.ts';
import { verifyNonRoot } from './image-user.ts';
import { toInstance } from './instances.ts';
import { wantedResources } from './resize.ts';
import { newRecord, type ContainerRecord, type Instance, type Pod, type Waiting } from './pod-state.ts';
import { sandboxFileBinds } from './sandbox.ts';
import { terminationMessage, terminationMessageBind } from './termination-message.ts';

/** What a container needs of its Pod. The promises reject with `GroundError` when there is no such thing to wait for. */
export interface PodGround {
  pod(): Pod;
  volumesMounted(): Promise<void>;
  sandboxId(): Promise<string>;
  sandboxReady(): Promise<{ id: string; ips: readonly string[] }>;
  /** The engine's id of another container of the Pod; undefined: it does not run. */
  runningId(container: string): string | undefined;
  /** Aborted when the Pod is to end: nothing may be started any more. */
  readonly ending: AbortSignal;
  /** Something is not as it was: plan again and report. */
  changed(): void;
}

/** The Pod's sandbox or volumes could not be made, which is said of the Pod and not of each container. */
export class GroundError extends Error {}

/** How soon to try again what failed for want of a ConfigMap, or because the engine refused. */
const RETRY_MILLISECONDS = 5000;
/** Memory cannot be taken away while it is used. */
const RESIZE_RETRY_MILLISECONDS = 10_000;
/** However long a hook took, its container has this long to end by itself. */
const MIN_STOP_SECONDS = 2;

/** Runs one container of a Pod. The plan says when to start and stop it; the runner does so, and keeps the record of it. */
export class ContainerRunner {
  readonly record: ContainerRecord;
  readonly #context: AgentContext;
  readonly #ground: PodGround;
  readonly #container: () => Container;
  #probes: ContainerProbes | undefined;

  constructor(context: AgentContext, ground: PodGround, name: string, container: () => Container) {
    this.record = newRecord(name);
    this.#context = context;
    this.#ground = ground;
    this.#container = container;
  }

  /** Takes over runs that an earlier agent has started. `ready` and `started`: what it has reported of a running one. */
  adopt(runs: readonly Instance[], podIp: string, reported: { ready: boolean; started: boolean }): void {
    this.record.current = runs.at(-1);
    this.record.previous = runs.at(-2);
    if (this.record.current?.container.state !== 'running') return;
    this.record.ready = reported.ready;
    this.#startProbes(podIp, reported.started);
  }

  async start(): Promise<void> {
    const { record } = this;
    record.operation = 'starting';
    try {
      await this.#start();
    } catch (error) {
      this.#failed(error);
    } finally {
      record.operation = 'none';
      this.#ground.changed();
    }
  }

  async #start(): Promise<void> {
    const { record } = this;
    const container = this.#container();
    const restartCount = record.current === undefined ? 0 : record.current.restartCount + 1;
    const [sandboxId] = await unlessAborted(
      this.#ground.ending,
      Promise.all([this.#ground.sandboxId(), this.#mountedAndPulled(container)]),
    );
    const id = await this.#create(container, restartCount, sandboxId);
    const { ips } = await this.#ground.sandboxReady().catch(async (error: unknown) => {
      await this.#context.runtime.remove(id);
      throw error;
    });
    if (this.#ground.ending.aborted) await this.#context.runtime.remove(id);
    else await this.#run(id, container, restartCount, ips[0] ?? '');
  }

  /** Nothing is pulled, and nothing said of it, for a Pod that has to wait for its volumes. */
  async #mountedAndPulled(container: Container): Promise<void> {
    await this.#ground.volumesMounted();
    await this.#context.images.ensure(this.#ground.pod().metadata.uid, container, this.#emit);
  }

  readonly #emit = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    this.#context.record(this.#ground.pod(), type, reason, message, this.record.name);

  async #create(container: Container, restartCount: number, sandboxId: string): Promise<string> {
    const spec = await this.#spec(container, restartCount, sandboxId);
    try {
      const id = await createAnew(this.#context.runtime, spec);
      this.#emit('Normal', 'Created', 'Container created');
      return id;
    } catch (error) {
      throw new StartError('CreateContainerError', errorText(error));
    }
  }

  async #spec(container: Container, restartCount: number, sandboxId: string) {
    const pod = this.#ground.pod();
    const podIps = envNeedsAddress(container) ? (await this.#ground.sandboxReady()).ips : [];
    try {
      await verifyNonRoot(pod, container, this.#context.runtime);
      const { cluster, allocatable, controlPlane, services } = this.#context;
      const { nodeIps: hostIps, apiServerIp } = cluster;
      const facts = { podIps, hostIps, apiServerIp, allocatable, services };
      const env = await makeEnv(pod, container, facts, controlPlane);
      const binds = await this.#binds(pod, container, restartCount, env);
      const targetId = this.#targetId(container);
      return containerSpec(pod, container, { restartCount, sandboxId, env, binds, targetId });
    } catch (error) {
      throw new StartError('CreateContainerConfigError', errorText(error));
    }
  }

  /** The container whose processes an ephemeral one is to see. */
  #targetId({
    targetContainerName: name = '',
  }: Container & { targetContainerName?: string }): string | undefined {
    if (name === '') return undefined;
    const id = this.#ground.runningId(name);
    if (id === undefined) throw new Error(`unable to find target container ${name}`);
    return id;
  }

  async #binds(pod: Pod, container: Container, restartCount: number, env: ReadonlyMap<string, string>) {
    const mounts = container.volumeMounts ?? [];
    const taken = mounts.map((mount) => mount.mountPath);
    const fill = (text: string): string => expand(text, (name) => env.get(name));
    return [
      ...(await this.#context.volumes.binds(pod, mounts, fill)),
      ...sandboxFileBinds(this.#context, pod, taken),
      await terminationMessageBind(this.#context, pod, container, restartCount),
    ];
  }

  async #run(id: string, container: Container, restartCount: number, podIp: string): Promise<void> {
    const { record } = this;
    if (record.current !== undefined) record.backOff = nextBackOff(record.backOff, this.#context.clock.now());
    const run = await this.#runOrFail(id, restartCount);
    this.#replaceRun(run);
    if (run.container.startedAt === '') return;
    this.#emit('Normal', 'Started', 'Container started');
    if (run.container.state !== 'running') {
      await this.ended(id);
      return;
    }
    const { postStart } = container.lifecycle ?? {};
    if (postStart !== undefined) this.#ground.changed();
    if (postStart !== undefined) await this.#postStart(postStart, container, id, podIp);
    if (record.kill === undefined) this.#startProbes(podIp, false);
  }

  /** A run that could not begin has ended too, as far as Kubernetes is concerned. */
  async #runOrFail(id: string, restartCount: number): Promise<Instance> {
    try {
      return toInstance(await this.#context.runtime.start(id), restartCount);
    } catch (error) {
      const found = await this.#context.runtime.inspect(id);
      if (found === undefined) throw error;
      this.record.waiting = { reason: 'RunContainerError', message: errorText(error) };
      this.#emit('Warning', 'Failed', `Error: ${errorText(error)}`);
      const run = toInstance(neverStarted(found, errorText(error), this.#context.clock.now()), restartCount);
      return { ...run, terminationMessage: errorText(error) };
    }
  }

  #replaceRun(run: Instance): void {
    const { record } = this;
    const oldest = record.previous;
    if (run.container.state === 'running') record.waiting = undefined;
    Object.assign(record, { previous: record.current, current: run, ready: false, started: false });
    Object.assign(record, { kill: undefined, killGrace: undefined });
    // One ended run is kept, for `logs --previous`.
    if (oldest !== undefined)
      void untilDone(this.#context, 'removing a container', () =>
        this.#context.runtime.remove(oldest.container.id),
      );
  }

  async #postStart(
    handler: NonNullable<Container['lifecycle']>['postStart'] & object,
    container: Container,
    containerId: string,
    podIp: string,
  ): Promise<void> {
    try {
      await runHook(this.#context, handler, { container, containerId, podIp }, this.#ground.ending);
    } catch (error) {
      this.#emit('Warning', 'FailedPostStartHook', `PostStartHook failed: ${errorText(error)}`);
      this.record.kill = 'FailedPostStartHook';
    }
  }

  #failed(error: unknown): void {
    if (error instanceof GroundError) return;
    const { clock, log } = this.#context;
    if (error instanceof ImageError) {
      this.record.waiting = { reason: error.reason, message: error.message };
      this.record.retryAt = error.retryAt;
      return;
    }
    const reason = error instanceof StartError ? error.reason : 'CreateContainerError';
    log.warn({ err: error, container: this.record.name }, 'a container could not be started');
    this.#emit('Warning', 'Failed', `Error: ${errorText(error)}`);
    this.record.waiting = { reason, message: errorText(error) };
    this.record.retryAt = clock.now() + RETRY_MILLISECONDS;
  }

  /** Gives the running container the resources that its Pod asks for now. */
  async resize(): Promise<void> {
    const { record } = this;
    const run = record.current;
    if (run === undefined) return;
    record.operation = 'resizing';
    const { runtime, clock } = this.#context;
    const { generation } = this.#ground.pod().metadata;
    const { name, resources } = this.#container();
    const what = JSON.stringify({ containers: [{ name, resources }], generation });
    try {
      this.#emit('Normal', 'ResizeStarted', `Pod resize started: ${what}`);
      await runtime.update(run.container.id, wantedResources(this.#container()));
      const container = await runtime.inspect(run.container.id);
      if (container?.state === 'running' && record.current === run) record.current = { ...run, container };
      record.resizeFailure = undefined;
      this.#emit('Normal', 'ResizeCompleted', `Pod resize completed: ${what}`);
    } catch (error) {
      record.resizeFailure = { message: errorText(error), retryAt: clock.now() + RESIZE_RETRY_MILLISECONDS };
      this.#emit('Warning', 'ResizeError', `Pod resize error: ${errorText(error)}`);
    }
    record.operation = 'none';
    this.#ground.changed();
  }

  /** Ends the running instance. `graceSeconds`: for its hook and its process together. */
  async stop(message: string, graceSeconds: number): Promise<void> {
    const { record } = this;
    const run = record.current;
    if (run === undefined) return;
    record.operation = 'stopping';
    // Whatever its exit code will be, it did not end by itself.
    record.current = { ...run, restart: true };
    // A Pod that ends is still served by while no other is ready (KEP-1669), so it matters whether it answers.
    if (this.#ground.ending.aborted) this.#probes?.stopRestarting();
    else this.#probes?.stop();
    this.#emit('Normal', 'Killing', message);
    const deadline = this.#context.clock.now() + graceSeconds * 1000;
    const [hooked] = await Promise.all([this.#preStop(run, deadline), this.#linger(graceSeconds)]);
    const left = (deadline - this.#context.clock.now()) / 1000;
    const { id } = run.container;
    await this.#stopProcess(id, hooked ? Math.max(left, MIN_STOP_SECONDS) : Math.max(left, 0));
    await this.ended(id);
    record.operation = 'none';
    this.#ground.changed();
  }

  /**
   * A ready container of a Pod that ends still gets requests until every node's proxy has heard of it. Kubernetes leaves that race to its users, who
   * put a sleep into preStop; here the container goes on serving for a moment of its grace period.
   */
  async #linger(graceSeconds: number): Promise<void> {
    if (!this.#ground.ending.aborted || !this.record.ready) return;
    const { clock, lingerMilliseconds } = this.#context;
    const linger = Math.min(lingerMilliseconds, graceSeconds * 500);
    if (linger > 0) await sleep(clock, linger);
  }

  /** Gives a container that is being stopped less time. */
  async hurry(graceSeconds: number): Promise<void> {
    const run = this.record.current;
    if (this.record.operation === 'stopping' && run !== undefined) {
      await this.#stopProcess(run.container.id, graceSeconds);
    }
  }

  #stopProcess(id: string, graceSeconds: number): Promise<void> {
    return untilDone(this.#context, 'stopping a container', () =>
      this.#context.runtime.stop(id, graceSeconds),
    );
  }

  async #preStop(run: Instance, deadline: number): Promise<boolean> {
    const container = this.#container();
    const handler = container.lifecycle?.preStop;
    if (handler === undefined) return false;
    const abort = new AbortController();
    const cancel = this.#context.clock.after(deadline - this.#context.clock.now(), () => abort.abort());
    const podIp = await this.#ground.sandboxReady().then(
      ({ ips }) => ips[0] ?? '',
      () => '',
    );
    const target = { container, containerId: run.container.id, podIp };
    try {
      await runHook(this.#context, handler, target, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted)
        this.#emit('Warning', 'FailedPreStopHook', `PreStopHook failed: ${errorText(error)}`);
    } finally {
      cancel();
    }
    return true;
  }

  /** Reads how a run ended, if it is the newest one and has not been read. */
  async ended(id: string): Promise<void> {
    const { record } = this;
    if (record.current?.container.id !== id || record.current.terminationMessage !== undefined) return;
    const found = await untilDone(this.#context, 'inspecting a container', () =>
      this.#context.runtime.inspect(id),
    );
    if (found?.state === 'running' || record.current?.container.id !== id) return;
    this.#probes?.stop();
    const container = found ?? lostContainer(record.current.container, this.#context.clock.now());
    const { restartCount } = record.current;
    const message = await terminationMessage(
      this.#context,
      this.#ground.pod(),
      this.#container(),
      restartCount,
      container,
    );
    record.current = { ...record.current, container, terminationMessage: message, lost: found === undefined };
    Object.assign(record, { ready: false, started: false });
    this.#ground.changed();
  }

  /** It ended again too soon. */
  backOff(until: number, delay: number): void {
    const { record } = this;
    const { name, namespace, uid } = this.#ground.pod().metadata;
    const where = `pod=${name}_${namespace}(${uid})`;
    const waiting: Waiting = {
      reason: 'CrashLoopBackOff',
      message: `back-off ${formatSeconds(delay)} restarting failed container=${record.name} ${where}`,
    };
    record.retryAt = until;
    record.waiting = waiting;
    this.#emit(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${record.name} in pod ${name}_${namespace}(${uid})`,
    );
  }

  #startProbes(podIp: string, started: boolean): void {
    const { record } = this;
    const run = record.current?.container;
    if (run === undefined) return;
    this.#probes?.stop();
    const { runtime, serves } = this.#context;
    const container = this.#container();
    const ports = tcpPorts(container);
    this.#probes = startContainerProbes({
      target: { container, containerId: run.id, podIp, runtime },
      serves: ports.length === 0 ? undefined : () => serves(run.pid, ports),
      clock: this.#context.clock,
      startedAt: Date.parse(run.startedAt),
      started,
      onStarted: () => this.#set({ started: true }),
      onReady: (ready) => this.#set({ ready }),
      onUnhealthy: (kill, killGrace) => this.#set({ kill, killGrace }),
      onFailure: (message) => this.#emit('Warning', 'Unhealthy', message),
    });
  }

  #set(change: Partial<ContainerRecord>): void {
    Object.assign(this.record, change);
    this.#ground.changed();
  }

  close(): void {
    this.#probes?.stop();
  }
}

const tcpPorts = ({ ports = [] }: Container): number[] =>
  ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(({ containerPort }) => containerPort);

/** A pull may take minutes, for which a Pod that is to end does not wait. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(new GroundError('the Pod is to end'));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener('abort', stop);
    aborted.promise.catch(() => undefined);
  }
}

/** A step of a start that failed; `reason` is the container's waiting reason. */
class StartError extends RuntimeError {}

const neverStarted = (container: RuntimeContainer, error: string, now: number): RuntimeContainer => ({
  ...container,
  state: 'exited',
  exitCode: 128,
  error,
  startedAt: '',
  finishedAt: new Date(now).toISOString(),
});

/** Somebody removed it behind the agent's back. */
const lostContainer = (container: RuntimeContainer, now: number): RuntimeContainer => ({
  ...container,
  state: 'exited',
  pid: 0,
  exitCode: 137,
  error: '',
  finishedAt: new Date(now).toISOString(),
});
