/** The host of a request as routes name it: in lower case, without port and the root's dot. '' when there is none, or none that makes sense. */
export function hostOf(authority: string | undefined): string {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{0,5})?$/i.exec(authority ?? '');
  return (match?.[1] ?? '').toLowerCase().replace(/\.$/, '');
}

/** The suffixes (`.example.org`) under which `host` may stand behind a `*`, the longest first; with `one-label`, that of its parent alone. */
function wildcardSuffixes(host: string, wildcard: 'one-label' | 'labels'): string[] {
  const suffixes: string[] = [];
  for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    suffixes.push(host.slice(dot));
    if (wildcard === 'one-label') break;
  }
  return suffixes;
}

/** Things by hostname: a name, `*.` and a suffix, or '' for any. */
export class HostMap<T> {
  readonly #exact = new Map<string, T>();
  readonly #suffixes = new Map<string, T>();
  #any: T | undefined;
  readonly #wildcard: 'one-label' | 'labels';

  constructor(wildcard: 'one-label' | 'labels') {
    this.#wildcard = wildcard;
  }

  /** What is there for exactly this pattern. */
  at(pattern: string): T | undefined {
    if (pattern === '') return this.#any;
    return pattern.startsWith('*.') ? this.#suffixes.get(pattern.slice(1)) : this.#exact.get(pattern);
  }

  set(pattern: string, value: T): void {
    if (pattern === '') this.#any = value;
    else if (pattern.startsWith('*.')) this.#suffixes.set(pattern.slice(1), value);
    else this.#exact.set(pattern, value);
  }

  *values(): Iterable<T> {
    yield* this.#exact.values();
    yield* this.#suffixes.values();
    if (this.#any !== undefined) yield this.#any;
  }

  /** All that fits `host`, the most specific first. */
  *matching(host: string): Iterable<T> {
    const exact = this.#exact.get(host);
    if (exact !== undefined) yield exact;
    if (this.#suffixes.size > 0) {
      for (const suffix of wildcardSuffixes(host, this.#wildcard)) {
        const value = this.#suffixes.get(suffix);
        if (value !== undefined) yield value;
      }
    }
    if (this.#any !== undefined) yield this.#any;
  }

  first(host: string): T | undefined {
    for (const value of this.matching(host)) return value;
    return undefined;
  }
}
