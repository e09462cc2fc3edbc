import type { Kinds } from '#api/resources.ts';
import type { Entry, Store } from '../store/store.ts';
import type { RoleReference } from './authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
import { type Binding, type Grant, grantsOf, keysOf, type Rules } from './grants.ts';

type Role = Kinds['roles'] | Kinds['clusterroles'];

/** Roles and bindings as the store has them at this moment, kept by whom they concern. */
export class Policy {
  readonly #rules = new Map<string, Rules>();
  /** By the binding's namespace (`''` for the whole cluster), then by subject, then by the binding's name. */
  readonly #grants = new Map<string, Map<string, Map<string, Grant>>>();

  constructor(store: Store) {
    this.#follow(store, 'roles', (entry, isGone) => this.#setRole('Role', entry, isGone));
    this.#follow(store, 'clusterroles', (entry, isGone) => this.#setRole('ClusterRole', entry, isGone));
    for (const resource of ['rolebindings', 'clusterrolebindings']) {
      this.#follow(store, resource, (entry, isGone, previous) => {
        if (previous !== undefined) this.#removeBinding(previous);
        if (!isGone) this.#addBinding(entry);
      });
    }
  }

  /** undefined when there is no such role. */
  rulesOf(role: RoleReference): Rules | undefined {
    return this.#rules.get(roleKey(role));
  }

  /** What is bound to the user: for the whole cluster first, then in the namespace (`''`: none). */
  *grantsTo(user: UserInfo, namespace: string): Generator<Grant> {
    for (const scope of namespace === '' ? [''] : ['', namespace]) {
      const bySubject = this.#grants.get(scope);
      for (const key of keysOf(user)) yield* bySubject?.get(key)?.values() ?? [];
    }
  }

  #follow(
    store: Store,
    resource: string,
    on: (entry: Entry, isGone: boolean, previous: Entry | undefined) => void,
  ): void {
    for (const entry of store.list(resource)) on(entry, false, undefined);
    store.watch({ resource }, ({ type, entry, previous }) => on(entry, type === 'DELETED', previous));
  }

  #setRole(kind: string, { object }: Entry, isGone: boolean): void {
    const { metadata, rules } = object as unknown as Role;
    const key = roleKey({ kind, namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' });
    if (isGone) this.#rules.delete(key);
    else this.#rules.set(key, rules ?? []);
  }

  #addBinding({ object }: Entry): void {
    const { namespace = '', name } = object.metadata;
    const bySubject = this.#grants.get(namespace) ?? new Map<string, Map<string, Grant>>();
    this.#grants.set(namespace, bySubject);
    for (const [subject, grant] of grantsOf(object as unknown as Binding, namespace)) {
      const byName = bySubject.get(subject) ?? new Map<string, Grant>();
      bySubject.set(subject, byName.set(name, grant));
    }
  }

  #removeBinding({ object }: Entry): void {
    const { namespace = '', name } = object.metadata;
    const bySubject = this.#grants.get(namespace);
    for (const [subject] of grantsOf(object as unknown as Binding, namespace)) {
      const byName = bySubject?.get(subject);
      byName?.delete(name);
      if (byName?.size === 0) bySubject?.delete(subject);
    }
    if (bySubject?.size === 0) this.#grants.delete(namespace);
  }
}

const roleKey = ({ kind, namespace, name }: RoleReference): string => `${kind}/${namespace}/${name}`;
