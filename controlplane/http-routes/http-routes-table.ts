import type { HttpEntry } from '#api/http-routes.ts';

export interface HttpRoutesChange {
  readonly upserted: readonly Buffer[];
  readonly deleted: readonly string[];
}

/** Who fills the table: each has to say once that it has looked at everything. */
const WRITERS = ['ingress', 'gateway'] as const;
export type HttpRoutesWriter = (typeof WRITERS)[number];

/**
 * What all Ingresses and Gateways come to, for the nodes. Controllers write entries as they compile them; the nodes' streams hear of each change.
 * Nodes are told nothing before every controller has looked at what there is: else they would drop, after a restart of the control plane, what
 * they serve.
 */
export class HttpRoutesTable {
  readonly #entries = new Map<string, Buffer>();
  readonly #missing = new Set<HttpRoutesWriter>(WRITERS);
  readonly #listeners = new Set<(change: HttpRoutesChange) => void>();
  readonly #waiting = new Set<() => void>();

  /** Of all whose names begin with one of `prefixes`, `entries` are what there is; one change for all. */
  replace(prefixes: readonly string[], entries: readonly HttpEntry[]): void {
    const kept = new Set(entries.map(({ name }) => name));
    const isOld = (name: string): boolean =>
      !kept.has(name) && prefixes.some((prefix) => name.startsWith(prefix));
    const deleted = [...this.#entries.keys()].filter(isOld);
    this.#change(entries, deleted);
  }

  /** Puts one entry, or takes it away. */
  set(name: string, entry: HttpEntry | undefined): void {
    if (entry !== undefined) return this.#change([entry], []);
    if (this.#entries.has(name)) this.#change([], [name]);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** `writer` has written all that there was when it started. */
  completedBy(writer: HttpRoutesWriter): void {
    if (!this.#missing.delete(writer) || this.#missing.size > 0) return;
    for (const start of this.#waiting) start();
    this.#waiting.clear();
  }

  /** Calls `whole` with all entries once they are complete, then `changed` with each change. */
  follow(
    whole: (entries: readonly Buffer[]) => void,
    changed: (change: HttpRoutesChange) => void,
  ): () => void {
    const start = (): void => {
      whole([...this.#entries.values()]);
      this.#listeners.add(changed);
    };
    if (this.#missing.size === 0) start();
    else this.#waiting.add(start);
    return () => {
      this.#waiting.delete(start);
      this.#listeners.delete(changed);
    };
  }

  #change(entries: readonly HttpEntry[], deleted: readonly string[]): void {
    const upserted: Buffer[] = [];
    for (const entry of entries) {
      const bytes = Buffer.from(JSON.stringify(entry));
      if (this.#entries.get(entry.name)?.equals(bytes) === true) continue;
      this.#entries.set(entry.name, bytes);
      upserted.push(bytes);
    }
    for (const name of deleted) this.#entries.delete(name);
    if (upserted.length + deleted.length === 0) return;
    for (const listener of this.#listeners) listener({ upserted, deleted });
  }
}
