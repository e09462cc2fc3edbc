import { RevisionExpired, type StoreEvent } from './store.ts';

/** Watches may start this many changes back, or fewer when the objects are large. */
const MAX_EVENTS = 10_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** The last changes, so that a watch can start at a revision of the near past. */
export class History {
  /** A ring would save the copy in `#trim`, which costs one move of the array for every `MAX_EVENTS / 10` changes. */
  #events: StoreEvent[] = [];
  #characters = 0;
  /** The last revision of which the change is not kept: one may start from here or later. */
  #oldest: number;

  constructor(revision: number) {
    this.#oldest = revision;
  }

  add(event: StoreEvent): void {
    this.#events.push(event);
    this.#characters += event.entry.json.length;
    if (this.#events.length >= MAX_EVENTS * 1.1 || this.#characters > MAX_CHARACTERS) this.#trim();
  }

  /** The changes after revision `since`, in order. Throws `RevisionExpired` when some are no longer kept. */
  after(since: number): readonly StoreEvent[] {
    if (since < this.#oldest) throw new RevisionExpired(since, this.#oldest);
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.entry.revision <= since) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  #trim(): void {
    let count = Math.max(0, this.#events.length - MAX_EVENTS);
    let characters = 0;
    for (const event of this.#events.slice(0, count)) characters += event.entry.json.length;
    while (this.#characters - characters > MAX_CHARACTERS * 0.9 && count < this.#events.length) {
      characters += this.#events[count++]!.entry.json.length;
    }
    this.#oldest = this.#events[count - 1]?.entry.revision ?? this.#oldest;
    this.#characters -= characters;
    this.#events = this.#events.slice(count);
  }
}
