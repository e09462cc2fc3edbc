import type { Clock } from '#api/clock.ts';
import type { Endpoint } from '../service-port.ts';
import { Affinity } from '../userspace/affinity.ts';

/** Picks endpoints of one Service's port: each in turn, or for `sessionAffinity: ClientIP` the one that the client had. */
export class Balancer {
  readonly #affinity: Affinity;
  #affinitySeconds = 0;
  #endpoints: readonly Endpoint[] = [];
  #next = Math.floor(Math.random() * 1000);

  constructor(clock: Clock) {
    this.#affinity = new Affinity(clock);
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  update(endpoints: readonly Endpoint[], affinitySeconds: number): void {
    this.#endpoints = endpoints;
    this.#affinitySeconds = affinitySeconds;
    this.#affinity.seconds = affinitySeconds;
  }

  /** `failed`: endpoints that just did not take this request. undefined: there is no other. */
  pick(client: string, failed: readonly Endpoint[]): Endpoint | undefined {
    const usable =
      failed.length === 0 ? this.#endpoints : this.#endpoints.filter((one) => !isAmong(failed, one));
    if (usable.length === 0) return undefined;
    // A second try takes no turn: else every request would begin at the endpoint that refuses, where there are two.
    const turn = failed.length === 0 ? this.#next++ : this.#next;
    const inTurn = usable[turn % usable.length]!;
    if (this.#affinitySeconds === 0) return inTurn;
    const had = this.#affinity.endpointOf(client);
    const endpoint = usable.find((one) => keyOf(one) === had) ?? inTurn;
    this.#affinity.remember(client, keyOf(endpoint));
    return endpoint;
  }
}

const keyOf = ({ ip, port }: Endpoint): string => `${ip}:${port}`;

export const isAmong = (some: readonly Endpoint[], { ip, port }: Endpoint): boolean =>
  some.some((one) => one.ip === ip && one.port === port);
