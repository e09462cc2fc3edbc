import type { ClusterState } from '../state/cluster-state.ts';
import { reverseNames } from './records.ts';

/** What a question cannot look up in the state directly. Kept in step with it: what changed is looked at when somebody asks. */
export class ZoneIndex {
  readonly #state: ClusterState;
  readonly #dirty: Set<string>;
  /** By address, then Service (`namespace/name`). */
  readonly #names = new Map<string, Map<string, string[]>>();
  readonly #ipsOf = new Map<string, readonly string[]>();
  readonly #namespaces = new Map<string, Set<string>>();

  constructor(state: ClusterState) {
    this.#state = state;
    this.#dirty = new Set(state.services.keys());
    state.onChange((change) => {
      if ('service' in change) this.#dirty.add(change.service);
    });
  }

  hasServices(namespace: string): boolean {
    this.#update();
    return this.#namespaces.has(namespace);
  }

  /** The names of an address, without the zone: that of its Service, else those of endpoints. */
  namesOf(ip: string): string[] {
    this.#update();
    const names = [...(this.#names.get(ip) ?? [])];
    const own = names.filter(([key]) => this.#state.services.get(key)?.clusterIps.includes(ip) === true);
    return (own.length > 0 ? own : names).flatMap(([, list]) => list);
  }

  #update(): void {
    for (const key of this.#dirty) this.#put(key);
    this.#dirty.clear();
  }

  #put(key: string): void {
    this.#drop(key);
    const service = this.#state.services.get(key);
    if (service === undefined) return;
    const found = reverseNames(service, this.#state.slicesOf(key));
    for (const { ip, name } of found) {
      const names = this.#names.get(ip) ?? new Map<string, string[]>();
      this.#names.set(ip, names.set(key, [...(names.get(key) ?? []), name]));
    }
    this.#ipsOf.set(
      key,
      found.map(({ ip }) => ip),
    );
    const services = this.#namespaces.get(service.namespace) ?? new Set();
    this.#namespaces.set(service.namespace, services.add(key));
  }

  #drop(key: string): void {
    for (const ip of this.#ipsOf.get(key) ?? []) {
      const names = this.#names.get(ip);
      names?.delete(key);
      if (names?.size === 0) this.#names.delete(ip);
    }
    this.#ipsOf.delete(key);
    const namespace = key.slice(0, key.indexOf('/'));
    const services = this.#namespaces.get(namespace);
    services?.delete(key);
    if (services?.size === 0) this.#namespaces.delete(namespace);
  }
}
