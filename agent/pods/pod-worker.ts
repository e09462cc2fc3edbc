import type { Container, PodStatus } from '#api/gen/types.ts';
import type { PodRef } from '../session/control-plane.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import { errorText, sleep, untilDone, type AgentContext } from './agent-context.ts';
import { ContainerRunner, GroundError, type PodGround } from './container-runner.ts';
import { attemptOf, isSandbox, reportedRun, runsOf } from './instances.ts';
import { planPod, type Action } from './plan.ts';
import type { RunningPod } from './pod-manager.ts';
import {
  allContainers,
  isTerminalPhase,
  type ContainerRecord,
  type Ending,
  type Pod,
  type PodView,
  type SandboxView,
  type VolumesView,
} from './pod-state.ts';
import { isOwnCondition } from './pod-conditions.ts';
import { podStatus } from './pod-status.ts';
import { connectSandbox, removeSandbox, startSandbox } from './sandbox.ts';

const RETRY_MILLISECONDS = 2000;
/** How often files of ConfigMaps and Secrets are compared with their objects: the kubelet's `syncFrequency`. */
const REFRESH_MILLISECONDS = 60_000;
const CONNECT_TRIES = 5;
const CONNECT_RETRY_MILLISECONDS = 500;

/**
 * Runs one Pod. Every change (of the Pod, of a container, of time) leads to one synchronous pass: plan, begin the steps of the plan,
 * report the status if it is another one. Steps run by themselves and lead to another pass when they end.
 */
export class PodWorker {
  readonly #context: AgentContext;
  readonly #onGone: () => void;
  readonly #runners = new Map<string, ContainerRunner>();
  readonly #sandbox: SandboxView = { state: 'absent', id: '', ips: [], retryAt: 0, attempt: 0 };
  readonly #volumes: VolumesView = { state: 'absent', retryAt: 0 };
  readonly #abort = new AbortController();
  #sandboxId: Promise<string> = nothing();
  #sandboxReady: Promise<{ id: string; ips: readonly string[] }> = nothing();
  #volumesMounted: Promise<void> = nothing();
  #pod: Pod;
  #ending: Ending | undefined;
  #reported: PodStatus | undefined;
  #reportedText = '';
  #scheduled = false;
  #cleaning = false;
  #closed = false;
  /** A sandbox of an earlier agent is being connected again: until then what that agent said of the Pod stands, its address above all. */
  #reconnecting = false;
  #cancelTimer: () => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;
  #cancelRefresh: () => void = () => undefined;

  /** `found`: what an earlier agent has left of this Pod, in any state. `onGone`: nothing is left of it any more. */
  constructor(context: AgentContext, pod: Pod, found: readonly RuntimeContainer[], onGone: () => void) {
    this.#context = context;
    this.#pod = pod;
    this.#onGone = onGone;
    for (const { name } of allContainers(pod)) this.#addRunner(name);
    this.#adopt(found);
    if (isTerminalPhase(pod.status?.phase)) this.#end({ why: 'completed' });
    this.update(pod);
  }

  get ref(): PodRef {
    const { namespace = 'default', name, uid } = this.#pod.metadata;
    return { namespace, name, uid };
  }

  get pod(): Pod {
    return this.#pod;
  }

  get sandbox(): Readonly<SandboxView> {
    return this.#sandbox;
  }

  record(container: string): Readonly<ContainerRecord> | undefined {
    return this.#runners.get(container)?.record;
  }

  /** The Pod as it is known here, and what of it runs. */
  running(): RunningPod {
    const current = [...this.#runners].map(([name, { record }]) => ({
      name,
      run: record.current?.container,
    }));
    return {
      pod: this.#view().pod,
      containers: current.flatMap(({ name, run }) =>
        run?.state === 'running' ? [{ name, id: run.id, startedAt: run.startedAt }] : [],
      ),
    };
  }

  /** The Pod as the control plane has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    for (const { name } of allContainers(pod)) if (!this.#runners.has(name)) this.#addRunner(name);
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#delete(pod.metadata.deletionGracePeriodSeconds ?? this.#graceSeconds());
    }
    this.#watchDeadline();
    this.changed();
  }

  /** The Pod is no longer in the API, so whatever is left of it has to go. */
  removed(): void {
    this.#delete(this.#graceSeconds());
  }

  /** Ends the Pod for the node's reasons; its phase will be Failed. */
  fail(reason: string, message: string, graceSeconds: number): void {
    this.#end({ why: 'failed', reason, message, graceSeconds });
  }

  /** Resolves when no container and no sandbox of the Pod runs. */
  async stopped(): Promise<void> {
    while (this.#sandbox.state !== 'absent' && !this.#closed) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }
  readonly #waiters: (() => void)[] = [];

  /** The engine says that one of the Pod's containers has ended or was removed. */
  containerEnded(id: string): void {
    if (id === this.#sandbox.id) {
      if (this.#sandbox.state === 'ready') this.#sandbox.state = 'dead';
      this.changed();
    }
    for (const runner of this.#runners.values()) void runner.ended(id);
  }

  /** Looks at all that is believed to run: events may have been lost. */
  async resync(): Promise<void> {
    const { id, state } = this.#sandbox;
    if (state === 'ready' && (await this.#context.runtime.inspect(id))?.state !== 'running')
      this.containerEnded(id);
    for (const { record } of this.#runners.values()) {
      const run = record.current?.container;
      if (run?.state !== 'running') continue;
      const found = await this.#context.runtime.inspect(run.id);
      if (found?.state !== 'running') this.containerEnded(run.id);
    }
  }

  /** Lets go of timers and probes and touches nothing. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#cancelDeadline();
    this.#cancelRefresh();
    for (const runner of this.#runners.values()) runner.close();
  }

  changed(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#pass();
    });
  }

  #pass(): void {
    this.#cancelTimer();
    const plan = planPod(this.#view());
    for (const action of plan.actions) this.#begin(action);
    if (plan.wakeAt !== undefined) {
      const wait = Math.max(0, plan.wakeAt - this.#context.clock.now());
      this.#cancelTimer = this.#context.clock.after(wait, () => this.changed());
    }
    this.#report();
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #view(): PodView {
    const records = [...this.#runners].map(([name, runner]) => [name, runner.record] as const);
    return {
      pod:
        this.#reported === undefined
          ? this.#pod
          : { ...this.#pod, status: this.#knownStatus(this.#reported) },
      now: this.#context.clock.now(),
      ending: this.#ending,
      allocatable: this.#context.allocatable,
      sandbox: this.#sandbox,
      volumes: this.#volumes,
      containers: new Map(records),
    };
  }

  /** What this agent said last, which the API may not show yet, and the conditions that others have set. */
  #knownStatus(reported: PodStatus): PodStatus {
    const foreign = (this.#pod.status?.conditions ?? []).filter(({ type }) => !isOwnCondition(type));
    return { ...this.#pod.status, ...reported, conditions: [...(reported.conditions ?? []), ...foreign] };
  }

  #report(): void {
    if (this.#reconnecting) return;
    const status = podStatus(this.#view(), this.#context.cluster.nodeIps);
    const text = JSON.stringify(status);
    if (text === this.#reportedText) return;
    this.#reported = status;
    this.#reportedText = text;
    this.#context.controlPlane.reportPodStatus(this.ref, status);
  }

  #begin(action: Action): void {
    switch (action.type) {
      case 'mountVolumes':
        return this.#mountVolumes();
      case 'createSandbox':
        return this.#createSandbox();
      case 'removeSandbox':
        return this.#removeSandbox(action.changed);
      case 'startContainer':
        void this.#runners.get(action.name)?.start();
        return;
      case 'stopContainer':
        void this.#runners.get(action.name)?.stop(action.message, action.graceSeconds ?? this.#secondsLeft());
        return;
      case 'resizeContainer':
        void this.#runners.get(action.name)?.resize();
        return;
      case 'backOff':
        return this.#runners.get(action.name)?.backOff(action.until, action.delay);
      case 'complete':
        return this.#end({ why: 'completed' });
      case 'cleanUp':
        if (!this.#cleaning) void this.#cleanUp();
    }
  }

  #graceSeconds(): number {
    return this.#pod.spec?.terminationGracePeriodSeconds ?? 30;
  }

  #secondsLeft(): number {
    if (this.#ending === undefined) return this.#graceSeconds();
    return Math.max(
      0,
      this.#ending.since / 1000 + this.#ending.graceSeconds - this.#context.clock.now() / 1000,
    );
  }

  /** The first ending stands, except that a Pod that is deleted leaves nothing, and that grace may become shorter. */
  #end(ending: Partial<Ending> & Pick<Ending, 'why'>): void {
    const old = this.#ending;
    const graceSeconds = ending.graceSeconds ?? this.#graceSeconds();
    if (old !== undefined && old.why === ending.why && old.graceSeconds <= graceSeconds) return;
    if (old?.why === 'deleted' && ending.why !== 'deleted') return;
    this.#ending = { ...ending, since: this.#context.clock.now(), graceSeconds };
    this.#abort.abort();
    this.#cancelRefresh();
    if (old !== undefined) for (const runner of this.#runners.values()) void runner.hurry(graceSeconds);
    this.changed();
  }

  #delete(graceSeconds: number): void {
    this.#end({ why: 'deleted', graceSeconds });
  }

  #watchDeadline(): void {
    this.#cancelDeadline();
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined || this.#ending !== undefined) return;
    const started = Date.parse(this.#reported?.startTime ?? this.#pod.status?.startTime ?? '');
    const now = this.#context.clock.now();
    const end = (Number.isNaN(started) ? now : started) + seconds * 1000;
    this.#cancelDeadline = this.#context.clock.after(Math.max(0, end - now), () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#emit('Normal', 'DeadlineExceeded', message);
      this.fail('DeadlineExceeded', message, this.#graceSeconds());
    });
  }

  #emit(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.record(this.#pod, type, reason, message);
  }

  #addRunner(name: string): void {
    const ground: PodGround = {
      pod: () => this.#pod,
      volumesMounted: () => this.#volumesMounted,
      sandboxId: () => this.#sandboxId,
      sandboxReady: () => this.#sandboxReady,
      runningId: (container) => {
        const run = this.record(container)?.current?.container;
        return run?.state === 'running' ? run.id : undefined;
      },
      ending: this.#abort.signal,
      changed: () => this.changed(),
    };
    this.#runners.set(name, new ContainerRunner(this.#context, ground, name, () => this.#container(name)));
  }

  #container(name: string): Container {
    const container = allContainers(this.#pod).find((one) => one.name === name);
    if (container === undefined) throw new Error(`the Pod has no container ${name} any more`);
    return container;
  }

  #mountVolumes(): void {
    this.#volumes.state = 'mounting';
    const { volumes, cluster, allocatable } = this.#context;
    const mounted = volumes.mount(this.#pod, { podIps: [], hostIps: cluster.nodeIps, allocatable });
    this.#volumesMounted = asGround(mounted);
    void this.#followMount(mounted);
  }

  async #followMount(mounted: Promise<void>): Promise<void> {
    try {
      await mounted;
      this.#volumes.state = 'mounted';
      this.#refreshLater();
    } catch (error) {
      this.#emit('Warning', 'FailedMount', errorText(error));
      this.#volumes.state = 'absent';
      this.#volumes.retryAt = this.#context.clock.now() + RETRY_MILLISECONDS;
    }
    this.changed();
  }

  #refreshLater(): void {
    if (this.#closed || this.#ending !== undefined) return;
    this.#cancelRefresh = this.#context.clock.after(REFRESH_MILLISECONDS, () => void this.#refreshVolumes());
  }

  async #refreshVolumes(): Promise<void> {
    const { volumes, cluster, allocatable, log } = this.#context;
    try {
      await volumes.refresh(this.#pod, { podIps: [], hostIps: cluster.nodeIps, allocatable });
    } catch (error) {
      log.warn({ err: error, pod: this.ref }, 'volumes could not be brought up to date');
    }
    this.#refreshLater();
  }

  #createSandbox(): void {
    this.#sandbox.state = 'starting';
    const needs = this.#context.volumes.sandboxBinds(this.#pod).length > 0 ? this.#volumesMounted : undefined;
    const started = startSandbox(this.#context, this.#pod, this.#sandbox.attempt, needs);
    this.#sandbox.attempt += 1;
    this.#follow(started.id, started.ready);
  }

  #follow(id: Promise<string>, ready: Promise<{ id: string; ips: readonly string[] }>): void {
    this.#sandboxId = asGround(id);
    this.#sandboxReady = asGround(ready);
    void this.#followSandbox(ready);
  }

  async #followSandbox(ready: Promise<{ id: string; ips: readonly string[] }>): Promise<void> {
    try {
      Object.assign(this.#sandbox, await ready, { state: 'ready' });
    } catch (error) {
      this.#sandboxFailed(error);
    }
    this.changed();
  }

  #sandboxFailed(error: unknown): void {
    this.#context.log.warn({ err: error, pod: this.ref }, 'a sandbox could not be made');
    if (!(error instanceof GroundError)) {
      this.#emit('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${errorText(error)}`);
    }
    Object.assign(this.#sandbox, { state: 'absent', id: '', ips: [] });
    this.#sandbox.retryAt = this.#context.clock.now() + RETRY_MILLISECONDS;
  }

  #removeSandbox(changed: boolean): void {
    const { id } = this.#sandbox;
    this.#sandbox.state = 'removing';
    if (changed)
      this.#emit('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    this.#sandboxId = nothing();
    this.#sandboxReady = nothing();
    void removeSandbox(this.#context, id).then(() => {
      Object.assign(this.#sandbox, { state: 'absent', id: '', ips: [] });
      this.changed();
      return undefined;
    });
  }

  async #cleanUp(): Promise<void> {
    this.#cleaning = true;
    const { runtime, volumes, images, controlPlane } = this.#context;
    const runs = [...this.#runners.values()].flatMap(({ record }) => [record.current, record.previous]);
    await Promise.all(
      runs.map(async (run) => {
        if (run === undefined) return;
        await untilDone(this.#context, 'removing a container', () => runtime.remove(run.container.id));
      }),
    );
    await untilDone(this.#context, 'removing volumes', () => volumes.unmount(this.#pod));
    images.forget(this.ref.uid);
    this.close();
    controlPlane.reportTerminated(this.ref);
    this.#onGone();
  }

  #adopt(found: readonly RuntimeContainer[]): void {
    this.#adoptSandbox(found.filter(isSandbox));
    const ip = this.#pod.status?.podIP ?? '';
    for (const [name, runner] of this.#runners) {
      const reported = this.#reportedStatus(name);
      const runs = runsOf(found, name);
      const lost =
        runs.length === 0 && reported !== undefined
          ? reportedRun(reported, this.#context.clock.now())
          : undefined;
      const same = reported?.containerID === `docker://${runs.at(-1)?.container.id}`;
      runner.adopt(lost === undefined ? runs : [lost], ip, {
        ready: same && reported.ready,
        started: same && reported.started === true,
      });
      if (lost === undefined && runs.length > 0) void this.#readEnd(runner);
      this.#removeAll(runs.slice(0, -2).map((run) => run.container));
    }
    this.#removeAll(found.filter((one) => !isSandbox(one) && one.state === 'created'));
  }

  async #readEnd(runner: ContainerRunner): Promise<void> {
    const run = runner.record.current?.container;
    if (run?.state === 'exited') await runner.ended(run.id);
  }

  #reportedStatus(name: string) {
    const {
      initContainerStatuses = [],
      containerStatuses = [],
      ephemeralContainerStatuses = [],
    } = this.#pod.status ?? {};
    return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
      (one) => one.name === name,
    );
  }

  #adoptSandbox(sandboxes: readonly RuntimeContainer[]): void {
    const newest = [...sandboxes].sort((a, b) => attemptOf(a) - attemptOf(b)).at(-1);
    this.#removeAll(sandboxes.filter((one) => one !== newest));
    if (newest === undefined) return;
    this.#sandbox.attempt = attemptOf(newest) + 1;
    this.#sandbox.id = newest.id;
    if (newest.state !== 'running') {
      this.#sandbox.state = 'dead';
      return;
    }
    this.#sandbox.state = 'starting';
    this.#reconnecting = true;
    const ready = this.#reconnect(newest).finally(() => (this.#reconnecting = false));
    this.#follow(Promise.resolve(newest.id), ready);
  }

  /** A sandbox that cannot be connected again is as good as dead. */
  async #reconnect(sandbox: RuntimeContainer): Promise<{ id: string; ips: readonly string[] }> {
    const { clock } = this.#context;
    for (let tries = 1; ; tries += 1) {
      try {
        return { id: sandbox.id, ips: await connectSandbox(this.#context, this.#pod, sandbox) };
      } catch (error) {
        if (tries === CONNECT_TRIES || this.#ending !== undefined) {
          await removeSandbox(this.#context, sandbox.id);
          throw error;
        }
        await sleep(clock, CONNECT_RETRY_MILLISECONDS);
      }
    }
  }

  #removeAll(containers: readonly RuntimeContainer[]): void {
    for (const { id } of containers) {
      void untilDone(this.#context, 'removing a container', () => this.#context.runtime.remove(id));
    }
  }
}

/** Why a container does not start is said once, of the Pod. */
function asGround<T>(promise: Promise<T>): Promise<T> {
  const ground = promise.catch((error: unknown) => {
    throw new GroundError(errorText(error), { cause: error });
  });
  ground.catch(() => undefined);
  return ground;
}

function nothing<T>(): Promise<T> {
  return asGround<T>(Promise.reject(new Error('there is no sandbox')));
}
