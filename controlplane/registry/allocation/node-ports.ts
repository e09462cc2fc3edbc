import type { RegistryConfig } from '../config.ts';
import { Pool } from './pool.ts';

/** What dry runs show of ports that they do not look for: behind the last real one (`PortAllocationOperation.AllocateNext`). */
const FIRST_PLACEHOLDER = 32769;

/** The node ports of all Services; a number stands for both TCP and UDP. */
export class NodePorts {
  readonly #range: RegistryConfig['nodePortRange'];
  readonly #pool: Pool;

  constructor(range: RegistryConfig['nodePortRange']) {
    const count = range.last - range.first + 1;
    this.#range = range;
    this.#pool = new Pool(count, staticBand(count));
  }

  has(port: number): boolean {
    return this.#pool.has(port - this.#range.first);
  }

  claim(port: number): void {
    this.#pool.claim(port - this.#range.first);
  }

  release(port: number): void {
    this.#pool.release(port - this.#range.first);
  }

  /** Begins to give ports to one Service. Nothing is claimed before the Service is as it will be written. */
  plan(dryRun: boolean): PortPlan {
    const planned = new Set<number>();
    const whyNot = (port: number): string | undefined => {
      if (this.has(port) || planned.has(port)) return 'provided port is already allocated';
      const { first, last } = this.#range;
      if (dryRun || (port >= first && port <= last)) return undefined;
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    };
    return {
      take(port) {
        const why = whyNot(port);
        if (why === undefined) planned.add(port);
        return why;
      },
      next: () => {
        const port = dryRun
          ? planned.size === 0
            ? FIRST_PLACEHOLDER
            : Math.max(...planned) + 1
          : this.#pick(planned);
        if (port !== undefined) planned.add(port);
        return port;
      },
    };
  }

  #pick(planned: ReadonlySet<number>): number | undefined {
    const offset = this.#pool.pick((one) => planned.has(one + this.#range.first));
    return offset === undefined ? undefined : this.#range.first + offset;
  }
}

export interface PortPlan {
  /** Takes the port; why not, in Kubernetes' words, when it cannot be had. */
  take(port: number): string | undefined;
  /** A free port; undefined when there is none. */
  next(): number | undefined;
}

/** How many ports are left to those who name one (`calculateRangeOffset` in pkg/registry/core/service/portallocator). */
function staticBand(count: number): number {
  if (count <= 16) return 0;
  return Math.min(Math.max(Math.floor(count / 32), 16), 128);
}
