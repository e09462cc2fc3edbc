import type { Logger } from 'pino';
import { AccessEntry, type AccessRecord } from './access-record.ts';

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
  /** Written over and over: objects that are kept for some time and then dropped are the dearest to collect. */
  readonly #ring: AccessEntry[] = [];
  #count = 0;
  #tokens = BURST;
  #refilled = 0;
  #unwritten = 0;

  constructor(log: Logger) {
    this.#log = log.child({ component: 'access' });
  }

  /** The entry is the caller's to use again. */
  add(entry: AccessEntry): void {
    const index = this.#count++ % KEPT;
    (this.#ring[index] ??= new AccessEntry()).assign(entry);
    if (this.#tokens <= 0 && !this.#refill(entry.time + entry.milliseconds)) this.#unwritten++;
    else this.#write(entry);
  }

  /** The records after the `since`th of all that there were, the oldest first, at most `limit`. */
  read(since: number, limit: number): AccessPage {
    const oldest = Math.max(this.#count - KEPT, 0);
    const first = Math.min(Math.max(since, oldest), this.#count);
    const next = Math.min(first + limit, this.#count);
    const records = Array.from({ length: next - first }, (_, i) =>
      this.#ring[(first + i) % KEPT]!.toRecord(),
    );
    return { records, next, missed: Math.max(first - Math.max(since, 0), 0) };
  }

  #refill(now: number): boolean {
    const more = Math.floor(((now - this.#refilled) / 1000) * LINES_A_SECOND);
    if (more <= 0) return false;
    this.#refilled = now;
    this.#tokens = Math.min(more, BURST);
    return true;
  }

  #write(entry: AccessEntry): void {
    this.#tokens--;
    const { kind, service, time: started, ...rest } = entry.toRecord();
    const before = this.#unwritten > 0 ? { unwritten: this.#unwritten } : {};
    this.#unwritten = 0;
    this.#log.info({ kind, service, started, ...rest, ...before }, 'access');
  }
}
