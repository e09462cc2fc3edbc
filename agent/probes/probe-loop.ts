import type { Clock } from '#api/clock.ts';
import type { Probe } from '#api/gen/types.ts';
import type { ProbeResult } from './probe-result.ts';

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly run: () => Promise<ProbeResult>;
  readonly clock: Clock;
  /** When the container started, in milliseconds. */
  readonly startedAt: number;
  /** Called when a threshold is reached, again and again while results stay the same. */
  readonly onVerdict: (ok: boolean) => void;
  readonly onFailure: (result: ProbeResult) => void;
  /**
   * Tries again soon, within the first period, until the first success: a server that needs a moment to listen is not to wait for a whole
   * period. Those tries count for nothing unless they succeed. The kubelet has the same effect by probing at every status change.
   */
  readonly eager?: boolean;
}

const FIRST_EAGER_MILLISECONDS = 50;

/** Runs a probe in its period until stopped (kubelet `prober/worker.go`). */
export function startProbeLoop(options: ProbeLoopOptions): () => void {
  const { probe, clock } = options;
  const period = (probe.periodSeconds ?? 10) * 1000;
  let stopped = false;
  let last: boolean | undefined;
  let row = 0;
  let eagerWait = options.eager === true ? FIRST_EAGER_MILLISECONDS : Infinity;
  const first = options.startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
  const again = (milliseconds: number): void => {
    if (!stopped) cancel = clock.after(Math.max(0, milliseconds), tick);
  };
  const count = (result: ProbeResult): void => {
    if (stopped) return;
    const { ok, unknown = false } = result;
    if (!ok) options.onFailure(result);
    if (unknown) return;
    row = ok === last ? row + 1 : 1;
    last = ok;
    if (row >= threshold(probe, ok)) options.onVerdict(ok);
  };
  const tick = (): void => {
    const began = clock.now();
    void options.run().then((result) => {
      if (!result.ok && clock.now() + eagerWait < first + period) {
        again(eagerWait);
        eagerWait *= 2;
        return undefined;
      }
      eagerWait = Infinity;
      count(result);
      again(began + period - clock.now());
      return undefined;
    });
  };
  let cancel = clock.after(Math.max(0, first - clock.now()), tick);
  return () => {
    stopped = true;
    cancel();
  };
}

const threshold = (probe: Probe, ok: boolean): number =>
  ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
