import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { realClock, type Clock } from '#api/clock.ts';
import type { ServicePortMap } from '../service-port.ts';
import { withoutClashes } from '../claims.ts';
import type { Proxier } from '../proxier.ts';
import { boundAddresses, changeAddresses, refuseOthers, stopRefusing } from './addresses.ts';
import { HttpCarrier } from './http-carrier.ts';
import { planListeners, type ListenerPlan, type UserspacePlan } from './listener-plan.ts';
import { TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';

export interface UserspaceOptions {
  readonly log: Logger;
  readonly serviceCidrs: readonly string[];
  readonly clock?: Clock;
}

/** Milliseconds that connections get to end by themselves when the mode is left. */
const DRAIN = 1000;
const DRAIN_STEP = 20;

/** Services by sockets of this process, without the kernel's packet filter. */
export function createUserspaceProxier(options: UserspaceOptions): Proxier {
  return new UserspaceProxier(options);
}

class UserspaceProxier implements Proxier {
  readonly mode = 'userspace';
  readonly #options: UserspaceOptions;
  readonly #clock: Clock;
  readonly #http = new HttpCarrier();
  readonly #listeners = new Map<string, TcpListener | UdpListener>();
  #addresses: ReadonlySet<string> | undefined;

  constructor(options: UserspaceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  async sync(services: ServicePortMap): Promise<void> {
    const { services: wanted, clashes } = withoutClashes(services);
    for (const clash of clashes) this.#options.log.warn({ clash }, 'two Services claim the same');
    const bound = new Set(this.#addresses ?? (await this.#begin()));
    this.#addresses = undefined;
    const plan = planListeners(wanted, nodeAddresses(bound));
    // Unbound last: an address must be refused by the kernel, not be looked for, while its listeners go.
    await changeAddresses(
      [...plan.addresses].filter((ip) => !bound.has(ip)),
      [],
    );
    await this.#listen(plan);
    await changeAddresses(
      [],
      [...bound].filter((ip) => !plan.addresses.has(ip)),
    );
    this.#addresses = plan.addresses;
  }

  async verify(): Promise<boolean> {
    if (this.#addresses === undefined) return false;
    const bound = new Set(await boundAddresses());
    if ([...(this.#addresses ?? [])].every((ip) => bound.has(ip))) return true;
    this.#options.log.warn('Service addresses are gone from the loopback device; they are bound again');
    this.#addresses = undefined;
    return false;
  }

  async stop(): Promise<void> {
    this.#addresses = undefined;
    for (const listener of this.#listeners.values()) listener.stopAccepting();
    this.#http.drain();
    await this.#drain();
    for (const listener of this.#listeners.values()) listener.close();
    this.#http.close();
    this.#listeners.clear();
    await changeAddresses([], await boundAddresses());
    await stopRefusing();
  }

  close(): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#http.close();
  }

  async #begin(): Promise<string[]> {
    await refuseOthers(this.#options.serviceCidrs[0] ?? '');
    return boundAddresses();
  }

  async #listen({ listeners }: UserspacePlan): Promise<void> {
    for (const [key, listener] of this.#listeners) {
      if (listeners.has(key)) continue;
      listener.refuse();
      this.#listeners.delete(key);
    }
    const results = await Promise.allSettled([...listeners].map(([key, plan]) => this.#ensure(key, plan)));
    const failed = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('; '));
  }

  async #ensure(key: string, plan: ListenerPlan): Promise<void> {
    const present = this.#listeners.get(key);
    if (present !== undefined) return present.update(plan);
    const listener =
      plan.protocol === 'TCP' ? new TcpListener(this.#clock, this.#http) : new UdpListener(this.#clock);
    listener.update(plan);
    try {
      await listener.listen(plan);
    } catch (error) {
      throw new Error(`cannot listen on ${key} for ${plan.title}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    this.#listeners.set(key, listener);
  }

  async #drain(): Promise<void> {
    const end = performance.now() + DRAIN;
    while (performance.now() < end && [...this.#listeners.values()].some((one) => one.connections > 0))
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP));
  }
}

/** The node's own IPv4 addresses: all but those bound for Services. */
const nodeAddresses = (bound: ReadonlySet<string>): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ family, address }) => family === 'IPv4' && !bound.has(address))
    .map(({ address }) => address);
