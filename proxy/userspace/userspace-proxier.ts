import type { Logger } from 'pino';
import { realClock, type Clock } from '#api/clock.ts';
import { withoutClashes } from '../claims.ts';
import type { Proxier } from '../proxier.ts';
import type { ServicePort, ServicePortMap } from '../service-port.ts';
import { AccessLog } from './access-log.ts';
import { boundAddresses, changeAddresses, refuseOthers, stopRefusing } from './addresses.ts';
import { Backend, endpointKey } from './backend.ts';
import { HttpCarrier } from './http/http-carrier.ts';
import { planListeners, type ListenerPlan } from './listener-plan.ts';
import { NodeNetwork } from './node-network.ts';
import { TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';
import { UdpSessions } from './udp-sessions.ts';

export interface UserspaceOptions {
  readonly log: Logger;
  /** One of each IP family that the cluster has. */
  readonly serviceCidrs: readonly string[];
  readonly clusterPodCidrs: readonly string[];
  /** Where the records of requests and connections go; absent: to one of its own. */
  readonly access?: AccessLog | undefined;
  /** Told once of each Service's port that this mode cannot carry. */
  readonly unsupported?: ((service: ServicePort, why: string) => void) | undefined;
  readonly clock?: Clock;
}

/** Milliseconds that connections get to end by themselves when the mode is left. */
const DRAIN = 1000;
const DRAIN_STEP = 20;
/** Milliseconds for which connections are accepted after the other mode takes them: the kernel resets those that wait in a socket that is closed. */
const LINGER = 50;
/** How often the node is looked at for addresses that came or went: node ports are on each. */
const LOOK_EVERY = 2000;

type Listener = TcpListener | UdpListener;

/** Services by sockets of this process, without the kernel's packet filter. */
export function createUserspaceProxier(options: UserspaceOptions): Proxier {
  return new UserspaceProxier(options);
}

class UserspaceProxier implements Proxier {
  readonly mode = 'userspace';
  readonly #options: UserspaceOptions;
  readonly #clock: Clock;
  readonly #access: AccessLog;
  readonly #network: NodeNetwork;
  readonly #http: HttpCarrier;
  readonly #sessions: UdpSessions;
  readonly #backends = new Map<string, Backend>();
  readonly #listeners = new Map<string, Listener>();
  /** By how many ports of Services each endpoint is used. */
  readonly #uses = new Map<string, number>();
  readonly #unsupported = new Set<string>();
  #services: ServicePortMap = new Map();
  /** undefined: what is bound has to be looked at. */
  #addresses: ReadonlySet<string> | undefined;
  #working: Promise<void> = Promise.resolve();
  #stopLooking = (): void => {};

  constructor(options: UserspaceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#access = options.access ?? new AccessLog(options.log);
    this.#network = new NodeNetwork(options.clusterPodCidrs, options.serviceCidrs);
    this.#http = new HttpCarrier(this.#access);
    this.#sessions = new UdpSessions(this.#clock);
  }

  sync(services: ServicePortMap): Promise<void> {
    return this.#alone(async () => {
      const { services: wanted, clashes } = withoutClashes(services);
      for (const clash of clashes) this.#options.log.warn({ clash }, 'two Services claim the same');
      this.#services = wanted;
      this.#tellUnsupported();
      await this.#apply();
      this.#lookLater();
    });
  }

  async verify(): Promise<boolean> {
    if (this.#addresses === undefined) return false;
    const bound = new Set(await boundAddresses());
    if ([...(this.#addresses ?? [])].every((ip) => bound.has(ip))) return true;
    this.#options.log.warn('Service addresses are gone from the loopback device; they are bound again');
    this.#addresses = undefined;
    return false;
  }

  stop(): Promise<void> {
    this.#stopLooking();
    return this.#alone(async () => {
      this.#addresses = undefined;
      this.#http.drain();
      await new Promise((resolve) => setTimeout(resolve, LINGER));
      for (const listener of this.#listeners.values()) listener.stopAccepting();
      await this.#drain();
      for (const listener of this.#listeners.values()) listener.close();
      this.#http.close();
      this.#listeners.clear();
      this.#backends.clear();
      this.#uses.clear();
      await changeAddresses([], await boundAddresses());
      await stopRefusing();
    });
  }

  /** A look at the node's addresses may fall into a sync. */
  #alone(work: () => Promise<void>): Promise<void> {
    const result = this.#working.then(work);
    this.#working = result.catch(() => {});
    return result;
  }

  async #apply(): Promise<void> {
    const bound = new Set(this.#addresses ?? (await this.#begin()));
    this.#addresses = undefined;
    this.#network.refresh(bound);
    const { addresses, listeners } = planListeners(this.#services, this.#network.ownAddresses);
    // Unbound last: an address must be refused by the kernel, not be looked for, while its listeners go.
    await changeAddresses(missingFrom(bound, addresses), []);
    this.#updateBackends();
    await this.#listen(listeners);
    await changeAddresses([], missingFrom(addresses, bound));
    this.#addresses = addresses;
  }

  close(): void {
    this.#stopLooking();
    this.#addresses = undefined;
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#http.close();
  }

  async #begin(): Promise<string[]> {
    await refuseOthers(this.#options.serviceCidrs);
    return boundAddresses();
  }

  #updateBackends(): void {
    for (const [key, backend] of this.#backends) {
      if (this.#services.has(key)) continue;
      this.#count(backend.service, -1);
      backend.retire();
      this.#backends.delete(key);
    }
    for (const [key, service] of this.#services) {
      const backend = this.#backends.get(key);
      if (backend?.service === service) continue;
      this.#count(service, 1);
      if (backend !== undefined) this.#count(backend.service, -1);
      if (backend === undefined) this.#backends.set(key, new Backend(service, this.#network, this.#clock));
      else backend.update(service);
    }
    this.#http.pool.keepOnly((key) => this.#uses.has(key));
  }

  /** Only of what changed: thousands of Services name tens of thousands of endpoints. */
  #count({ endpoints, localEndpoints }: ServicePort, by: 1 | -1): void {
    for (const endpoint of [...endpoints, ...localEndpoints]) {
      const key = endpointKey(endpoint);
      const uses = (this.#uses.get(key) ?? 0) + by;
      if (uses === 0) this.#uses.delete(key);
      else this.#uses.set(key, uses);
    }
  }

  async #listen(plans: ReadonlyMap<string, ListenerPlan>): Promise<void> {
    for (const [key, listener] of this.#listeners) {
      if (plans.has(key)) continue;
      listener.stopAccepting();
      this.#listeners.delete(key);
    }
    const results = await Promise.allSettled([...plans].map(([key, plan]) => this.#ensure(key, plan)));
    const failed = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join('; '));
  }

  async #ensure(key: string, plan: ListenerPlan): Promise<void> {
    const backend = this.#backends.get(plan.serviceKey)!;
    const present = this.#listeners.get(key);
    if (present !== undefined) return present.update(plan, backend);
    const listener =
      plan.protocol === 'TCP'
        ? new TcpListener(plan, backend, this.#http, this.#access)
        : new UdpListener(plan, backend, this.#sessions, this.#access);
    try {
      await listener.listen();
    } catch (error) {
      const why = (error as Error).message;
      throw new Error(`cannot listen on ${key} for ${backend.title}: ${why}`, { cause: error });
    }
    this.#listeners.set(key, listener);
  }

  #tellUnsupported(): void {
    for (const [key, service] of this.#services) {
      if (service.protocol !== 'SCTP' || this.#unsupported.has(key)) continue;
      this.#unsupported.add(key);
      const why = 'Node.js has no SCTP sockets; nftables mode carries SCTP';
      this.#options.log.warn({ service: key }, `SCTP is not carried in userspace mode: ${why}`);
      this.#options.unsupported?.(service, why);
    }
    for (const key of this.#unsupported) if (!this.#services.has(key)) this.#unsupported.delete(key);
  }

  #lookLater(): void {
    this.#stopLooking();
    this.#stopLooking = this.#clock.after(LOOK_EVERY, () => {
      this.#look().catch((err: unknown) => {
        this.#options.log.error({ err }, 'cannot follow the addresses of the node');
      });
      this.#lookLater();
    });
  }

  async #look(): Promise<void> {
    if (this.#addresses === undefined || !this.#network.refresh(this.#addresses)) return;
    this.#options.log.info({ addresses: this.#network.ownAddresses }, 'the addresses of the node changed');
    await this.#alone(() => this.#apply());
  }

  async #drain(): Promise<void> {
    const end = performance.now() + DRAIN;
    while (performance.now() < end && [...this.#listeners.values()].some((one) => one.connections > 0))
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP));
  }
}

const missingFrom = (some: ReadonlySet<string>, wanted: ReadonlySet<string>): string[] =>
  [...wanted].filter((ip) => !some.has(ip));
