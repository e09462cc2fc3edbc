import type { Clock } from '#api/clock.ts';

/** Clients that one port remembers; the one that was seen longest ago is forgotten first. */
const MOST_CLIENTS = 10_000;

/** Which endpoint a client had last, for `sessionAffinity: ClientIP`: for all addresses of a Service's port together. */
export class Affinity {
  readonly #clock: Clock;
  readonly #clients = new Map<string, { endpoint: string; until: number }>();
  #milliseconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0 forgets all. What is known else stays, for as long as it was going to. */
  set seconds(seconds: number) {
    this.#milliseconds = seconds * 1000;
    if (seconds === 0) this.#clients.clear();
  }

  /** `ip:port`; undefined: the client is new, or was away for too long. */
  endpointOf(client: string): string | undefined {
    const known = this.#clients.get(client);
    return known !== undefined && known.until > this.#clock.now() ? known.endpoint : undefined;
  }

  remember(client: string, endpoint: string): void {
    if (this.#milliseconds === 0) return;
    this.#clients.delete(client);
    if (this.#clients.size >= MOST_CLIENTS) this.#clients.delete(this.#clients.keys().next().value ?? '');
    this.#clients.set(client, { endpoint, until: this.#clock.now() + this.#milliseconds });
  }
}
