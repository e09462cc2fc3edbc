import type { Clock } from './clock.ts';

export interface RunnerOptions {
  /** What to run. Calls never overlap. */
  run(): Promise<void>;
  /** Hears of each failure, and in how many milliseconds the next try is. */
  failed(error: unknown, retryIn: number): void;
  readonly clock: Clock;
  /**
   * Milliseconds between the end of a run and the start of the next: a storm of changes becomes few runs. By default as long as the run took, up to
   * 10, which leaves half of the time to others.
   */
  readonly pause?: number;
}

const LONGEST_PAUSE = 10;
const FIRST_RETRY = 100;
const LAST_RETRY = 10_000;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Runs something soon after it is asked to: the first time at once, further requests during a run or its pause as one run after it, and again
 * with growing delay while it fails (kube-proxy's bounded frequency runner).
 */
export class Runner {
  readonly #options: RunnerOptions;
  #wanted = false;
  #waiters: Waiter[] = [];
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
    if (this.#running === undefined && this.#cancelTimer === undefined) this.#soon();
  }

  /** Settles with the first run that begins from now on. */
  run(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.request();
    return done;
  }

  /** Resolves when the run under way, if any, has ended; none starts after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  /** When what came in together has been heard of: a timer would wait for a millisecond. */
  #soon(): void {
    if (this.#stopped) return;
    const immediate = setImmediate(() => this.#start());
    this.#cancelTimer = () => clearImmediate(immediate);
  }

  #schedule(milliseconds: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.clock.after(milliseconds, () => this.#start());
  }

  #start(): void {
    this.#cancelTimer = undefined;
    if (this.#wanted) this.#running = this.#once();
  }

  async #once(): Promise<void> {
    const { clock, pause } = this.#options;
    const started = clock.now();
    this.#wanted = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    let next: number;
    try {
      await this.#options.run();
      this.#retry = FIRST_RETRY;
      for (const waiter of waiters) waiter.resolve();
      next = pause ?? Math.min(clock.now() - started, LONGEST_PAUSE);
    } catch (error) {
      next = this.#retry;
      this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
      this.#wanted = true;
      for (const waiter of waiters) waiter.reject(error);
      this.#options.failed(error, next);
    }
    this.#running = undefined;
    this.#schedule(next);
  }
}
