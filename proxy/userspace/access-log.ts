import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { AccessRecord } from './access-record.ts';

/** Records that a node keeps. */
const KEPT = 4096;
/** Lines a second that go to the log under load, and how many may come at once after a quiet time: a log is a file on somebody's disk. */
const LINES_A_SECOND = 20;
const BURST = 200;

export interface AccessPage {
  readonly records: readonly AccessRecord[];
  /** To be given as `since` the next time. */
  readonly next: number;
  /** Records after `since` that are not kept any more. */
  readonly missed: number;
}

/** The last records of this node, in memory; and as log lines, as many as a log can bear. */
export class AccessLog {
  readonly #log: Logger;
  readonly #ring: AccessRecord[] = [];
  #count = 0;
  #tokens = BURST;
  #refilled: number;
  #unwritten = 0;

  constructor(log: Logger, clock: Clock) {
    this.#log = log.child({ component: 'access' });
    this.#refilled = clock.now();
  }

  add(record: AccessRecord): void {
    this.#ring[this.#count++ % KEPT] = record;
    if (this.#tokens <= 0 && !this.#refill(record)) {
      this.#unwritten++;
      return;
    }
    this.#tokens--;
    this.#write(record);
  }

  /** The records after the `since`th of all that there were, the oldest first, at most `limit`. */
  read(since: number, limit: number): AccessPage {
    const oldest = Math.max(this.#count - KEPT, 0);
    const first = Math.min(Math.max(since, oldest), this.#count);
    const next = Math.min(first + limit, this.#count);
    const records = Array.from({ length: next - first }, (_, i) => this.#ring[(first + i) % KEPT]!);
    return { records, next, missed: Math.max(first - Math.max(since, 0), 0) };
  }

  /** Looks at the clock only as often as tokens come back. */
  #refill({ time, milliseconds }: AccessRecord): boolean {
    const now = Math.max(time + milliseconds, this.#refilled);
    const more = Math.floor(((now - this.#refilled) / 1000) * LINES_A_SECOND);
    if (more === 0) return false;
    this.#refilled = now;
    this.#tokens = Math.min(more, BURST);
    return true;
  }

  #write(record: AccessRecord): void {
    const { kind, method, path, status, service, ...rest } = record;
    const skipped = this.#unwritten > 0 ? { unwritten: this.#unwritten } : {};
    this.#unwritten = 0;
    const fields = {
      kind,
      service,
      ...(kind === 'http' ? { method, path, status } : {}),
      ...rest,
      ...skipped,
    };
    this.#log.info(fields, 'access');
  }
}
