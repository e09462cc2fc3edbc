import type { Container } from '#api/gen/types.ts';
import { backOffUntil } from './back-off.ts';
import { containerHash } from './container-hash.ts';
import { resizeOf } from './resize.ts';
import {
  allContainers,
  appContainers,
  ephemeralContainers,
  hasEnded,
  initContainers,
  isRestartableInit,
  isRunning,
  type ContainerRecord,
  type PodView,
} from './pod-state.ts';

/** One step towards what is wanted. The steps of a plan do not depend on each other's results and are taken together. */
export type Action =
  | { readonly type: 'mountVolumes' }
  | { readonly type: 'createSandbox' }
  /** `changed`: it is to be made anew, which the user hears of. */
  | { readonly type: 'removeSandbox'; readonly changed: boolean }
  | { readonly type: 'startContainer'; readonly name: string }
  | {
      readonly type: 'stopContainer';
      readonly name: string;
      readonly message: string;
      /** undefined: what is left of the Pod's grace period. */
      readonly graceSeconds: number | undefined;
    }
  /** Its Pod asks for other resources, which it can be given while it runs. */
  | { readonly type: 'resizeContainer'; readonly name: string }
  /** It ended again too soon: says so until `until`. */
  | { readonly type: 'backOff'; readonly name: string; readonly until: number; readonly delay: number }
  /** No container is left to run. */
  | { readonly type: 'complete' }
  /** Nothing runs any more: remove containers and volumes, and say so. */
  | { readonly type: 'cleanUp' };

export interface Plan {
  readonly actions: readonly Action[];
  /** When to plan again if nothing happens before, in milliseconds. */
  readonly wakeAt: number | undefined;
}

/** What to do next for a Pod (kubelet `kuberuntime_manager.go` computePodActions). Pure; steps that are under way are not planned again. */
export function planPod(view: PodView): Plan {
  if (view.ending !== undefined) return plan(planEnding(view));
  if (view.sandbox.state === 'dead') return plan(planNewSandbox(view));
  if (view.sandbox.state === 'removing') return plan([]);
  const next = nextContainers(view);
  if (next.complete) return plan([{ type: 'complete' }]);
  const ground = planGround(view);
  const steps = ground.ready ? next.steps : next.steps.filter((step) => step.type !== 'startContainer');
  return {
    actions: [...ground.actions, ...steps],
    wakeAt: earliest([next.wakeAt, ground.wakeAt]),
  };
}

const plan = (actions: readonly Action[]): Plan => ({ actions, wakeAt: undefined });

const earliest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

interface Ground {
  readonly actions: Action[];
  /** Volumes and sandbox are there or under way. */
  readonly ready: boolean;
  readonly wakeAt: number | undefined;
}

/** What containers stand on: volumes and sandbox, made at the same time. */
function planGround({ sandbox, volumes, now }: PodView): Ground {
  const actions: Action[] = [];
  const barred: number[] = [];
  for (const [state, retryAt, type] of [
    [volumes.state, volumes.retryAt, 'mountVolumes'],
    [sandbox.state, sandbox.retryAt, 'createSandbox'],
  ] as const) {
    if (state !== 'absent') continue;
    if (retryAt > now) barred.push(retryAt);
    else actions.push({ type });
  }
  return { actions, ready: barred.length === 0, wakeAt: earliest(barred) };
}

/** Ends the containers (sidecars last, in reverse order), then the sandbox, then for a deleted Pod all that is left. */
function planEnding(view: PodView): Action[] {
  const { pod, containers, sandbox, ending } = view;
  const busy = allContainers(pod).filter((one) => isBusy(containers.get(one.name)));
  if (busy.length > 0) {
    return firstToEnd(view, busy)
      .filter((one) => isRunning(containers.get(one.name)) && containers.get(one.name)?.operation === 'none')
      .map((one) => stop(one.name, `Stopping container ${one.name}`, undefined));
  }
  if (sandbox.state === 'ready' || sandbox.state === 'dead')
    return [{ type: 'removeSandbox', changed: false }];
  if (sandbox.state !== 'absent') return [];
  return ending?.why === 'deleted' ? [{ type: 'cleanUp' }] : [];
}

const isBusy = (record: Readonly<ContainerRecord> | undefined): boolean =>
  isRunning(record) || (record !== undefined && record.operation !== 'none');

function firstToEnd(view: PodView, busy: readonly Container[]): readonly Container[] {
  const sidecars = initContainers(view.pod).filter(isRestartableInit);
  const others = busy.filter((one) => !sidecars.includes(one));
  if (others.length > 0) return others;
  return busy.slice(-1);
}

function planNewSandbox({ pod, containers }: PodView): Action[] {
  const busy = allContainers(pod).filter((one) => isBusy(containers.get(one.name)));
  if (busy.length === 0) return [{ type: 'removeSandbox', changed: true }];
  return busy
    .filter((one) => isRunning(containers.get(one.name)) && containers.get(one.name)?.operation === 'none')
    .map((one) => stop(one.name, 'Pod sandbox changed, it will be killed and re-created.', undefined));
}

const stop = (name: string, message: string, graceSeconds: number | undefined): Action => ({
  type: 'stopContainer',
  name,
  message,
  graceSeconds,
});

interface Next {
  readonly steps: Action[];
  readonly wakeAt: number | undefined;
  readonly complete: boolean;
}

function nextContainers(view: PodView): Next {
  const inits = planInit(view);
  if (inits.failed) return { steps: [], wakeAt: undefined, complete: true };
  const steps = [...inits.steps];
  const times = [inits.wakeAt];
  if (inits.done) {
    const apps = appContainers(view.pod).map((one) => planContainer(view, one));
    if (apps.every((one) => one.over)) return { steps: [], wakeAt: undefined, complete: true };
    const ephemeral = ephemeralContainers(view.pod).map((one) => planEphemeral(view, one));
    apps.push(...ephemeral);
    steps.push(...apps.flatMap((one) => one.steps));
    times.push(...apps.map((one) => one.wakeAt));
  }
  return { steps, wakeAt: earliest(times), complete: false };
}

/** Init containers one after the other; a sidecar counts as done when it has started, and is kept running. */
function planInit(view: PodView): {
  steps: Action[];
  wakeAt: number | undefined;
  done: boolean;
  failed: boolean;
} {
  const steps: Action[] = [];
  const times: (number | undefined)[] = [];
  const appsBegan = appContainers(view.pod).some((one) => ofThisSandbox(view, one.name));
  for (const container of initContainers(view.pod)) {
    const record = view.containers.get(container.name);
    const sidecar = isRestartableInit(container);
    if (!sidecar && (appsBegan || (ofThisSandbox(view, container.name) && succeeded(record)))) continue;
    const one = planContainer(view, container);
    steps.push(...one.steps);
    times.push(one.wakeAt);
    if (sidecar && (appsBegan || (isRunning(record) && record?.started === true))) continue;
    return { steps, wakeAt: earliest(times), done: false, failed: !sidecar && one.over };
  }
  return { steps, wakeAt: earliest(times), done: true, failed: false };
}

const succeeded = (record: Readonly<ContainerRecord> | undefined): boolean =>
  hasEnded(record) && record?.current?.container.exitCode === 0;

/** After the sandbox was made anew, init containers run again. */
const ofThisSandbox = ({ containers, sandbox }: PodView, name: string): boolean => {
  const current = containers.get(name)?.current;
  return current !== undefined && current.sandboxId === sandbox.id && sandbox.id !== '';
};

interface One {
  readonly steps: Action[];
  readonly wakeAt: number | undefined;
  /** It has ended and stays so. */
  readonly over: boolean;
}

function planContainer(view: PodView, container: Container): One {
  const record = view.containers.get(container.name);
  if (record === undefined || record.operation !== 'none') return none;
  if (isRunning(record)) return planRunning(view, container, record);
  if (record.retryAt > view.now) return { ...none, wakeAt: record.retryAt };
  if (!hasEnded(record)) return start(container.name);
  if (!restarts(view, container, record)) return { ...none, over: true };
  return planRestart(view, record);
}

/** It starts once, when its Pod has a sandbox and what it looks at runs, and is never started again. */
function planEphemeral(
  view: PodView,
  { name, targetContainerName: target = '' }: Container & { targetContainerName?: string },
): One {
  const record = view.containers.get(name);
  if (record === undefined || record.operation !== 'none' || record.current !== undefined) return none;
  if (view.sandbox.state !== 'ready') return none;
  if (target !== '' && !isRunning(view.containers.get(target))) return none;
  return record.retryAt > view.now ? { ...none, wakeAt: record.retryAt } : start(name);
}

const none: One = { steps: [], wakeAt: undefined, over: false };
const start = (name: string): One => ({ ...none, steps: [{ type: 'startContainer', name }] });

function planRunning(view: PodView, container: Container, record: Readonly<ContainerRecord>): One {
  const grace = view.pod.spec?.terminationGracePeriodSeconds ?? 30;
  const hash = record.current?.specHash ?? '';
  if (record.kill !== undefined)
    return { ...none, steps: [stop(record.name, record.kill, record.killGrace ?? grace)] };
  if (hash === '' || hash === containerHash(container)) return planResize(view, container, record, grace);
  const message = `Container ${record.name} definition changed, will be restarted`;
  return { ...none, steps: [stop(record.name, message, grace)] };
}

function planResize(
  view: PodView,
  container: Container,
  record: Readonly<ContainerRecord>,
  grace: number,
): One {
  const { name } = record;
  switch (resizeOf(view, container, record)) {
    case 'update':
      return { ...none, steps: [{ type: 'resizeContainer', name }] };
    case 'restart':
      return { ...none, steps: [stop(name, `Container ${name} resize requires restart`, grace)] };
    case 'none':
      return record.resizeFailure === undefined || record.resizeFailure.retryAt <= view.now
        ? none
        : { ...none, wakeAt: record.resizeFailure.retryAt };
  }
}

function planRestart(view: PodView, record: Readonly<ContainerRecord>): One {
  const until = backOffUntil(record.backOff, Date.parse(record.current?.container.finishedAt ?? ''));
  if (until <= view.now) return start(record.name);
  const delay = record.backOff?.delay ?? 0;
  return { ...none, steps: [{ type: 'backOff', name: record.name, until, delay }], wakeAt: until };
}

/** kubelet `container/helpers.go` ShouldContainerBeRestarted; an init container that must run again in a new sandbox always starts. */
function restarts(view: PodView, container: Container, record: Readonly<ContainerRecord>): boolean {
  const policy = view.pod.spec?.restartPolicy ?? 'Always';
  const init = initContainers(view.pod).includes(container);
  if (isRestartableInit(container)) return true;
  if (record.current?.restart === true && policy !== 'Never') return true;
  if (init) return policy !== 'Never' || (succeeded(record) && !ofThisSandbox(view, container.name));
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && !succeeded(record);
}
