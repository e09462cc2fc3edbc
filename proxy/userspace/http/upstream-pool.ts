import type { Endpoint } from '../../service-port.ts';
import { endpointKey } from '../backend.ts';
import { Upstream, type UpstreamOwner } from './upstream.ts';

/**
 * Milliseconds for which a connection is kept that no request uses. Common servers keep theirs for five seconds and longer; one that closes
 * just as a request comes costs the request, or another try.
 */
const IDLE = 4000;
/** The same for a request that must not be sent twice. */
const IDLE_OF_UNSAFE = 1000;
/** Idle ones to one endpoint. */
const MOST_IDLE = 256;
const SWEEP_EVERY = 1000;

/** Connections to endpoints that wait for their next request: the one that was used last is used first, so that those that are too many age. */
export class UpstreamPool implements UpstreamOwner {
  readonly #idle = new Map<string, Upstream[]>();
  /** Endpoints that no Service has any more, or that are to get no further request. */
  #mayKeep: (key: string) => boolean = () => true;
  #sweeper: NodeJS.Timeout | undefined;

  /** `safe`: the request may be sent twice. `now`: milliseconds since the epoch. */
  take(endpoint: Endpoint, safe: boolean, now: number): Upstream | undefined {
    const stack = this.#idle.get(endpointKey(endpoint));
    const upstream = stack?.at(-1);
    if (upstream === undefined) return undefined;
    const age = now - upstream.idleSince;
    // Those below waited longer still; they are swept.
    if (age > limitOf(upstream) || (!safe && age > IDLE_OF_UNSAFE)) return undefined;
    stack?.pop();
    return upstream;
  }

  connect(endpoint: Endpoint, timeout: number): Upstream {
    return new Upstream(endpoint, endpointKey(endpoint), timeout, this);
  }

  released(upstream: Upstream): void {
    const stack = this.#idle.get(upstream.key) ?? [];
    if (stack.length >= MOST_IDLE || !this.#mayKeep(upstream.key)) return upstream.destroy();
    if (stack.length === 0) this.#idle.set(upstream.key, stack);
    upstream.idleSince = Date.now();
    stack.push(upstream);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_EVERY).unref();
  }

  closed(upstream: Upstream): void {
    const stack = this.#idle.get(upstream.key);
    const at = stack?.indexOf(upstream) ?? -1;
    if (at !== -1) stack?.splice(at, 1);
  }

  /** Idle connections to other endpoints than these are closed, and none to them are kept. */
  keepOnly(mayKeep: (key: string) => boolean): void {
    this.#mayKeep = mayKeep;
    for (const [key, stack] of this.#idle) if (!mayKeep(key)) this.#drop(key, stack);
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    this.keepOnly(() => false);
  }

  #sweep(): void {
    const now = Date.now();
    for (const [key, stack] of this.#idle) {
      const fresh = stack.findIndex((upstream) => now - upstream.idleSince <= limitOf(upstream));
      const old = stack.splice(0, fresh === -1 ? stack.length : fresh);
      for (const upstream of old) upstream.destroy();
      if (stack.length === 0) this.#idle.delete(key);
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #drop(key: string, stack: readonly Upstream[]): void {
    this.#idle.delete(key);
    for (const upstream of stack) upstream.destroy();
  }
}

/** A second less than the endpoint says, for the way of its FIN. */
const limitOf = ({ idleLimit }: Upstream): number => Math.min(IDLE, Math.max(idleLimit - 1000, 0));
