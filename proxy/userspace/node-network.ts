import { networkInterfaces } from 'node:os';
import { toRanges, type Ranges } from './ranges.ts';

/** The node's own addresses and the cluster's ranges, by which clients are told apart. */
export class NodeNetwork {
  readonly #pods: Ranges;
  readonly #services: Ranges;
  #own: readonly string[] = [];

  constructor(podCidrs: readonly string[], serviceCidrs: readonly string[]) {
    this.#pods = toRanges(podCidrs);
    this.#services = toRanges(serviceCidrs);
  }

  /** Without those that are bound for Services. Link-local ones are not listened on: they mean nothing without an interface. */
  get ownAddresses(): readonly string[] {
    return this.#own;
  }

  /** Looks at the machine. `bound`: what is there for Services. Returns whether that changed anything. */
  refresh(bound: ReadonlySet<string>): boolean {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses = []) => addresses.map(({ address }) => address))
      .filter((ip) => !bound.has(ip) && !isLinkLocal(ip) && !this.#services.contains(ip))
      .toSorted();
    const changed = own.join() !== this.#own.join();
    this.#own = own;
    return changed;
  }

  isOwn(ip: string): boolean {
    return this.#own.includes(ip);
  }

  isPod(ip: string): boolean {
    return this.#pods.contains(ip);
  }
}

const isLinkLocal = (ip: string): boolean => /^(fe[89ab].:|169\.254\.)/i.test(ip);
