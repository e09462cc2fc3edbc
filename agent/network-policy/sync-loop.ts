import type { Clock } from '#api/clock.ts';

export interface SyncLoopOptions {
  /** What to run. Calls never overlap. */
  run(): Promise<void>;
  /** Hears of each failure, and in how many milliseconds the next try is. */
  failed(error: unknown, retryIn: number): void;
  readonly clock: Clock;
}

/** Milliseconds between two runs: a storm of changes becomes few runs. */
const PAUSE = 5;
const FIRST_RETRY = 100;
const LAST_RETRY = 10_000;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** Runs something soon after it is asked to, all requests until then as one, and again with growing delay while it fails. */
export class SyncLoop {
  readonly #options: SyncLoopOptions;
  #wanted = false;
  #waiters: Waiter[] = [];
  #busy: Promise<unknown> | undefined;
  #cancelTimer: (() => void) | undefined;
  #retry = FIRST_RETRY;
  #stopped = false;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
  }

  request(): void {
    this.#wanted = true;
    if (this.#busy === undefined && this.#cancelTimer === undefined) this.#schedule(0);
  }

  /** Settles with the first run that begins from now on. */
  run(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.request();
    return done;
  }

  /** Resolves when what is under way has ended; nothing starts after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#busy;
  }

  #free(next: number): void {
    this.#busy = undefined;
    if (this.#wanted && this.#cancelTimer === undefined) this.#schedule(next);
  }

  #schedule(milliseconds: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.clock.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      if (this.#busy === undefined && this.#wanted) this.#busy = this.#once();
    });
  }

  async #once(): Promise<void> {
    this.#wanted = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    try {
      await this.#options.run();
      this.#retry = FIRST_RETRY;
      for (const waiter of waiters) waiter.resolve();
      this.#free(PAUSE);
    } catch (error) {
      const next = this.#retry;
      this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
      this.#wanted = true;
      for (const waiter of waiters) waiter.reject(error);
      this.#options.failed(error, next);
      this.#free(next);
    }
  }
}
