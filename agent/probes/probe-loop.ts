import type { Clock } from '#api/clock.ts';
import type { Probe } from '#api/gen/types.ts';
import type { ProbeResult } from './prober.ts';

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly run: () => Promise<ProbeResult>;
  readonly clock: Clock;
  /** When the container started, in milliseconds. */
  readonly startedAt: number;
  /** Called when a threshold is reached, again and again while results stay the same. */
  readonly onVerdict: (ok: boolean) => void;
  readonly onFailure: (output: string) => void;
}

/** Runs a probe in its period until stopped (kubelet `prober/worker.go`). */
export function startProbeLoop(options: ProbeLoopOptions): () => void {
  const { probe, clock } = options;
  const period = (probe.periodSeconds ?? 10) * 1000;
  let stopped = false;
  let last: boolean | undefined;
  let row = 0;
  const take = ({ ok, output }: ProbeResult): void => {
    if (stopped) return;
    row = ok === last ? row + 1 : 1;
    last = ok;
    if (!ok) options.onFailure(output);
    if (row >= threshold(probe, ok)) options.onVerdict(ok);
  };
  const tick = (): void => {
    const began = clock.now();
    void options.run().then((result) => {
      take(result);
      if (!stopped) cancel = clock.after(Math.max(0, began + period - clock.now()), tick);
      return undefined;
    });
  };
  const first = options.startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
  let cancel = clock.after(Math.max(0, first - clock.now()), tick);
  return () => {
    stopped = true;
    cancel();
  };
}

const threshold = (probe: Probe, ok: boolean): number =>
  ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
