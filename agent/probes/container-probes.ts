import type { Clock } from '#api/clock.ts';
import type { Probe } from '#api/gen/types.ts';
import { startProbeLoop } from './probe-loop.ts';
import { runProbe, type ProbeTarget } from './prober.ts';
import { awaitServing } from './serving.ts';

export interface ContainerProbesOptions {
  readonly target: ProbeTarget;
  readonly clock: Clock;
  readonly startedAt: number;
  /** An earlier agent has seen the startup probe succeed. */
  readonly started: boolean;
  /** Whether it listens on the TCP ports that it names; absent when it names none. */
  readonly serves?: (() => Promise<boolean>) | undefined;
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => void;
  /** A liveness or startup probe has failed for good. `graceSeconds`: the probe's own, if it has one. */
  readonly onUnhealthy: (message: string, graceSeconds: number | undefined) => void;
  /** The text of an Unhealthy event. */
  readonly onFailure: (message: string) => void;
}

type Kind = 'Startup' | 'Readiness' | 'Liveness';

export interface ContainerProbes {
  stop(): void;
  /** Only readiness is asked for from now on: the container is to end, but may be served by until it has. */
  stopRestarting(): void;
}

/** Runs the probes of one running container; the others wait for the startup probe. */
export function startContainerProbes(options: ContainerProbesOptions): ContainerProbes {
  const { startupProbe } = options.target.container;
  /** Of the startup, later of the liveness probe. */
  const stops: (() => void)[] = [];
  const stopRestarting = (): void => stops.splice(0).forEach((stop) => stop());
  let stopReadiness: (() => void) | undefined;
  let done = false;
  const begin = (): void => {
    if (done) return;
    done = true;
    stopRestarting();
    options.onStarted();
    stopReadiness = startReadiness(options);
    stops.push(...startLiveness(options));
  };
  if (startupProbe === undefined || options.started) begin();
  else {
    stops.push(
      startLoop(options, 'Startup', startupProbe, (ok) =>
        ok ? begin() : unhealthy(options, 'startup', startupProbe),
      ),
    );
  }
  return {
    stop() {
      stopRestarting();
      stopReadiness?.();
    },
    stopRestarting,
  };
}

function startReadiness(options: ContainerProbesOptions): () => void {
  const { readinessProbe } = options.target.container;
  return readinessProbe === undefined
    ? readyWithoutProbe(options)
    : startLoop(options, 'Readiness', readinessProbe, options.onReady);
}

function startLiveness(options: ContainerProbesOptions): (() => void)[] {
  const { livenessProbe } = options.target.container;
  if (livenessProbe === undefined) return [];
  const loop = startLoop(options, 'Liveness', livenessProbe, (ok) => {
    if (!ok) unhealthy(options, 'liveness', livenessProbe);
  });
  return [loop];
}

/**
 * To Kubernetes it is ready because it was started, and its first requests come about a second later. Here they may come within
 * milliseconds, before a server has opened its port, so that is waited for, and no longer than that second.
 */
function readyWithoutProbe({ serves, clock, onReady }: ContainerProbesOptions): () => void {
  if (serves !== undefined) return awaitServing(clock, serves, () => onReady(true));
  onReady(true);
  return () => {};
}

function startLoop(
  options: ContainerProbesOptions,
  kind: Kind,
  probe: Probe,
  onVerdict: (ok: boolean) => void,
): () => void {
  return startProbeLoop({
    probe,
    run: () => runProbe(probe, options.target),
    clock: options.clock,
    startedAt: options.startedAt,
    eager: kind !== 'Liveness',
    onVerdict,
    onFailure: ({ output, unknown = false }) =>
      options.onFailure(
        `${kind} probe ${unknown ? 'errored and resulted in unknown state' : 'failed'}: ${output}`,
      ),
  });
}

function unhealthy(options: ContainerProbesOptions, kind: string, probe: Probe): void {
  const { name } = options.target.container;
  options.onUnhealthy(
    `Container ${name} failed ${kind} probe, will be restarted`,
    probe.terminationGracePeriodSeconds,
  );
}
