/** A set or map of the table: its elements, and what of them the kernel has not been told yet. */
export class ElementSet {
  /** What nft calls it: `set` or `map`. */
  readonly kind: 'set' | 'map';
  /** `type ipv4_addr; comment "…";` */
  readonly definition: string;
  /** From key to what follows it: ` comment "…" : goto chain`. */
  readonly elements = new Map<string, string>();
  /** What the kernel has under the keys that changed; undefined: nothing. */
  readonly #kernel = new Map<string, string | undefined>();

  constructor(kind: 'set' | 'map', definition: string) {
    this.kind = kind;
    this.definition = definition;
  }

  put(key: string, rest: string): void {
    const had = this.elements.get(key);
    if (had === rest) return;
    this.#note(key, had);
    this.elements.set(key, rest);
  }

  delete(key: string): void {
    const had = this.elements.get(key);
    if (had === undefined) return;
    this.#note(key, had);
    this.elements.delete(key);
  }

  /** Makes these the elements. */
  replace(elements: ReadonlyMap<string, string>): void {
    for (const key of this.elements.keys()) if (!elements.has(key)) this.delete(key);
    for (const [key, rest] of elements) this.put(key, rest);
  }

  /** Keys to delete and elements to add, deletions first, for a kernel that was told all before. From now on that is told. */
  takeChanges(): { freed: string[]; taken: string[] } {
    const freed: string[] = [];
    const taken: string[] = [];
    for (const [key, had] of this.#kernel) {
      const has = this.elements.get(key);
      if (has === had) continue;
      if (had !== undefined) freed.push(key);
      if (has !== undefined) taken.push(`${key}${has}`);
    }
    this.#kernel.clear();
    return { freed, taken };
  }

  /** All elements as text, for a kernel that has none. From now on that is told. */
  takeAll(): string[] {
    this.#kernel.clear();
    return [...this.elements].map(([key, rest]) => `${key}${rest}`);
  }

  #note(key: string, had: string | undefined): void {
    if (!this.#kernel.has(key)) this.#kernel.set(key, had);
  }
}
