import type { Store } from '../store/store.ts';
import type { HealthCheck } from './health.ts';

/** What the API server itself needs. That it answers proves the first two. */
export const ownChecks = (store: Store): HealthCheck[] => [
  { name: 'ping', check: () => undefined },
  { name: 'log', check: () => undefined },
  { name: 'etcd', check: () => store.failure?.message },
  { name: 'etcd-readiness', readinessOnly: true, check: () => store.failure?.message },
];

/** Not ready any more, so that nobody sends new clients, while those that are there are answered. */
export class Shutdown implements HealthCheck {
  readonly name = 'shutdown';
  readonly readinessOnly = true;
  #hasBegun = false;

  begin(): void {
    this.#hasBegun = true;
  }

  check(): string | undefined {
    return this.#hasBegun ? 'process is shutting down' : undefined;
  }
}
