import type { Clock } from '#api/clock.ts';
import type { Endpoint } from '../service-port.ts';

/** Clients that one port remembers; the one that was seen longest ago is forgotten first. */
const MOST_CLIENTS = 10_000;

/** Picks endpoints for one Service's port: each in turn, or for ClientIP affinity the one that the client had. */
export class Balancer {
  readonly #clock: Clock;
  #endpoints: readonly Endpoint[] = [];
  #affinityMilliseconds = 0;
  #next = Math.floor(Math.random() * 1000);
  readonly #clients = new Map<string, { endpoint: string; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  update(endpoints: readonly Endpoint[], affinitySeconds: number): void {
    this.#endpoints = endpoints;
    this.#affinityMilliseconds = affinitySeconds * 1000;
    if (affinitySeconds === 0) this.#clients.clear();
  }

  has(endpoint: Endpoint): boolean {
    return this.#endpoints.some((one) => keyOf(one) === keyOf(endpoint));
  }

  /** `failed`: endpoints that just did not take this connection. undefined: there is no other. */
  pick(client: string, failed: readonly Endpoint[] = []): Endpoint | undefined {
    const refused = new Set(failed.map(keyOf));
    const usable = this.#endpoints.filter((endpoint) => !refused.has(keyOf(endpoint)));
    const endpoint = this.#remembered(client, usable) ?? usable[this.#next++ % Math.max(usable.length, 1)];
    if (endpoint !== undefined) this.#remember(client, endpoint);
    return endpoint;
  }

  #remembered(client: string, usable: readonly Endpoint[]): Endpoint | undefined {
    const known = this.#clients.get(client);
    if (known === undefined || known.until <= this.#clock.now()) return undefined;
    return usable.find((endpoint) => keyOf(endpoint) === known.endpoint);
  }

  #remember(client: string, endpoint: Endpoint): void {
    if (this.#affinityMilliseconds === 0) return;
    this.#clients.delete(client);
    if (this.#clients.size >= MOST_CLIENTS) this.#clients.delete(this.#clients.keys().next().value ?? '');
    this.#clients.set(client, {
      endpoint: keyOf(endpoint),
      until: this.#clock.now() + this.#affinityMilliseconds,
    });
  }
}

const keyOf = ({ ip, port }: Endpoint): string => `${ip}:${port}`;
