/** How long a container that keeps ending waits before it is started again (client-go `util/flowcontrol/backoff.go`). */
export interface BackOff {
  readonly delay: number;
  readonly updatedAt: number;
}

const FIRST_MILLISECONDS = 10_000;
const LAST_MILLISECONDS = 300_000;
/** Whoever ran this long is forgiven. */
const FORGET_MILLISECONDS = 2 * LAST_MILLISECONDS;

/** The time, in milliseconds, before which what ended at `endedAt` is not to be started again. */
export function backOffUntil(backOff: BackOff | undefined, endedAt: number): number {
  if (backOff === undefined || endedAt - backOff.updatedAt > FORGET_MILLISECONDS) return 0;
  return endedAt + backOff.delay;
}

/** The state after one more start: 10 s first, then doubling up to 5 min. */
export function nextBackOff(backOff: BackOff | undefined, now: number): BackOff {
  if (backOff === undefined || now - backOff.updatedAt > FORGET_MILLISECONDS) {
    return { delay: FIRST_MILLISECONDS, updatedAt: now };
  }
  return { delay: Math.min(backOff.delay * 2, LAST_MILLISECONDS), updatedAt: now };
}

/** Go's `Duration.String` for whole seconds: `10s`, `1m20s`, `5m0s`. */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
