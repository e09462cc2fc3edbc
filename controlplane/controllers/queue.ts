import type { Clock } from '#api/clock.ts';

/** The delays of client-go's `DefaultTypedControllerRateLimiter` per key: 5 ms, doubled with each failure up to 1000 s. */
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Called when a key has become ready for `take`. */
  readonly onReady: () => void;
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
}

/**
 * A queue of keys, after client-go's `workqueue`. It promises:
 * - a key that is waiting is in it once, however often it was added;
 * - a key that was taken is not given out again before `done`; added meanwhile, it comes back after `done`;
 * - a key added for later is in it at the earliest of the asked times.
 *
 * It does not limit the rate over all keys: the work behind it is in this process, not on a remote API server.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Insertion order is the order of work. */
  readonly #ready = new Set<string>();
  readonly #taken = new Set<string>();
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait to be taken now. */
  get length(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#closed || this.#ready.has(key)) return;
    if (this.#taken.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#ready.add(key);
    this.#options.onReady();
  }

  /** Adds `key` in `milliseconds`; a sooner appointment of the same key stands. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#closed) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const at = this.#options.clock.now() + milliseconds;
    const known = this.#later.get(key);
    if (known !== undefined && known.at <= at) return;
    known?.cancel();
    const cancel = this.#options.clock.after(milliseconds, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { at, cancel });
  }

  /** Adds `key` after a delay that doubles with every call until `forget`. Returns the delay in milliseconds. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseDelayMs = BASE_DELAY_MS, maxDelayMs = MAX_DELAY_MS } = this.#options;
    const delay = Math.min(baseDelayMs * 2 ** failures, maxDelayMs);
    this.addAfter(key, delay);
    return delay;
  }

  /** The work for `key` succeeded: its next failure starts with the shortest delay. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often `key` was added by `addRateLimited` since `forget`. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key to work on; `done` must follow. */
  take(): string | undefined {
    const [key] = this.#ready;
    if (key === undefined) return undefined;
    this.#ready.delete(key);
    this.#taken.add(key);
    return key;
  }

  done(key: string): void {
    this.#taken.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Drops everything that waits and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#ready.clear();
    this.#again.clear();
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
  }
}
