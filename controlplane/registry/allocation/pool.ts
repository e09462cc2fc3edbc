import { randomInt } from 'node:crypto';

/**
 * Numbers 0 … size-1, of which some are in use. As Kubernetes' allocators, it leaves a lower band to those who ask for a number, and gives
 * others one at random from above it while there is one (KEP-3070, KEP-3668).
 */
export class Pool {
  readonly #size: number;
  readonly #band: number;
  readonly #used = new Set<number>();

  constructor(size: number, band: number) {
    this.#size = size;
    this.#band = Math.min(band, size);
  }

  has(offset: number): boolean {
    return this.#used.has(offset);
  }

  claim(offset: number): void {
    this.#used.add(offset);
  }

  release(offset: number): void {
    this.#used.delete(offset);
  }

  /** A free number, not yet claimed; undefined when all are in use or `excluded`. */
  pick(excluded: (offset: number) => boolean = () => false): number | undefined {
    return this.#pickFrom(this.#band, this.#size, excluded) ?? this.#pickFrom(0, this.#band, excluded);
  }

  #pickFrom(from: number, to: number, excluded: (offset: number) => boolean): number | undefined {
    const count = to - from;
    if (count <= 0) return undefined;
    const start = randomInt(count);
    for (let i = 0; i < count; i++) {
      const offset = from + ((start + i) % count);
      if (!this.#used.has(offset) && !excluded(offset)) return offset;
    }
    return undefined;
  }
}
