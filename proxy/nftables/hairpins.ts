/** Counts how many ports have each address: the set's element comes with the first and goes with the last. */
export class Hairpins {
  readonly #counts = new Map<string, number>();
  /** What the counts were when they were last settled, where they may differ. */
  readonly #before = new Map<string, number>();

  add(ips: Iterable<string>): void {
    this.#count(ips, 1);
  }

  remove(ips: Iterable<string>): void {
    this.#count(ips, -1);
  }

  /** Which addresses went and came since the last call. */
  settle(): { gone: string[]; come: string[] } {
    const changed = [...this.#before];
    this.#before.clear();
    const of = (ip: string): number => this.#counts.get(ip) ?? 0;
    return {
      gone: changed.filter(([ip, before]) => before > 0 && of(ip) === 0).map(([ip]) => ip),
      come: changed.filter(([ip, before]) => before === 0 && of(ip) > 0).map(([ip]) => ip),
    };
  }

  #count(ips: Iterable<string>, step: 1 | -1): void {
    for (const ip of ips) {
      const count = this.#counts.get(ip) ?? 0;
      if (!this.#before.has(ip)) this.#before.set(ip, count);
      if (count + step === 0) this.#counts.delete(ip);
      else this.#counts.set(ip, count + step);
    }
  }
}
