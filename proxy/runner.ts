import type { Clock } from '#api/clock.ts';

export interface RunnerOptions {
  /** What to run. Calls never overlap. */
  run(): Promise<void>;
  /** Hears of each failure, and in how many milliseconds the next try is. */
  failed(error: unknown, retryIn: number): void;
  readonly clock: Clock;
  /** Milliseconds between the end of a run and the start of the next: a storm of changes becomes few runs. */
  readonly pause?: number;
}

const PAUSE = 10;
const FIRST_RETRY = 100;
const LAST_RETRY = 10_000;

/**
 * Runs something soon after it is asked to: the first time at once, further requests during a run or its pause as one run after it, and again
 * with growing delay while it fails (kube-proxy's bounded frequency runner).
 */
export class Runner {
  readonly #options: RunnerOptions;
  #wanted = false;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #retry = FIRST_RETRY;
  #stopped = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Callable at any time, as often as one likes. */
  request(): void {
    this.#wanted = true;
    if (this.#running === undefined && this.#cancelTimer === undefined) this.#schedule(0);
  }

  /** Resolves when the run under way, if any, has ended; none starts after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  #schedule(milliseconds: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.clock.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      if (this.#wanted) this.#running = this.#once();
    });
  }

  async #once(): Promise<void> {
    this.#wanted = false;
    let next = this.#options.pause ?? PAUSE;
    try {
      await this.#options.run();
      this.#retry = FIRST_RETRY;
    } catch (error) {
      next = this.#retry;
      this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
      this.#wanted = true;
      this.#options.failed(error, next);
    }
    this.#running = undefined;
    this.#schedule(next);
  }
}
