import type { Clock } from '#api/clock.ts';

/** As long as kube-apiserver's `--etcd-compaction-interval`. */
const KEPT_MILLISECONDS = 5 * 60_000;
const SAME_MOMENT_MILLISECONDS = 1000;

/**
 * How long the parts of a list may be asked for: as with etcd's compaction, a state that is five minutes old can no longer be listed,
 * however few changes there were, so that clients meet the 410 here that they would meet elsewhere. Watches may start as far back as the
 * store's history goes.
 */
export class Compaction {
  readonly #clock: Clock;
  #compacted = 0;
  /** Revisions that lists gave out, and when; of one second, only the last. */
  #marks: { readonly at: number; revision: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A list of this revision is given out in parts. */
  note(revision: number): void {
    const now = this.#clock.now();
    const last = this.#marks.at(-1);
    if (last !== undefined && now - last.at < SAME_MOMENT_MILLISECONDS) last.revision = revision;
    else this.#marks.push({ at: now, revision });
  }

  /** Whether the state of `revision`, which is not the present one, is too old. */
  isCompacted(revision: number): boolean {
    const end = this.#clock.now() - KEPT_MILLISECONDS;
    const old = this.#marks.findLastIndex(({ at }) => at <= end);
    for (const mark of this.#marks.splice(0, old + 1)) {
      this.#compacted = Math.max(this.#compacted, mark.revision);
    }
    return revision <= this.#compacted;
  }
}
