/** Milliseconds that a change may wait to be carried before the proxy counts as unhealthy: twice kube-proxy's sync period. */
const LATE = 60_000;

/** Whether the proxier keeps up with what it is told (kube-proxy `pkg/proxy/healthcheck/proxy_health.go`). Times are milliseconds since the epoch. */
export class ProxyHealth {
  /** When the oldest change came that is not carried yet. */
  #oldestQueued: number | undefined;
  #lastUpdated = 0;

  /** Something changed. */
  queued(now: number): void {
    this.#oldestQueued ??= now;
  }

  /** All that changed so far is carried. */
  updated(now: number): void {
    this.#oldestQueued = undefined;
    this.#lastUpdated = now;
  }

  isHealthy(now: number): boolean {
    return this.#oldestQueued === undefined || now - this.#oldestQueued < LATE;
  }

  /** As it is told: now while all is well. */
  lastUpdated(now: number): number {
    return this.isHealthy(now) ? now : this.#lastUpdated;
  }
}
