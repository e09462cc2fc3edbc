/** Time as the code sees it. Production passes `realClock`; tests pass a `FakeClock` and move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `callback` once after `milliseconds`. The returned function cancels it and may be called at any time. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    // setTimeout fires at once above 2^31-1 ms.
    const timer = setTimeout(callback, Math.min(milliseconds, 0x7fff_ffff));
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until `advance`; due callbacks run in the order of their times. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }
}

/** RFC 3339 with seconds, as metav1.Time is written: `2026-11-23T06:59:52Z`. */
export const rfc3339 = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** RFC 3339 with microseconds, as metav1.MicroTime is written: `2026-11-23T06:59:52.123000Z`. */
export const rfc3339Micro = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/Z$/, '000Z');
