import type { KubeObject } from '#api/resources.ts';
import { EntryTable } from './entry-table.ts';
import { History } from './history.ts';
import type { Entry, Key, Store, StoreEvent } from './store.ts';

/** Where changes are made durable. Everything else is `MemoryStore`'s. */
export interface Journal {
  /** What was durable when the journal was opened. */
  readonly entries: Iterable<{ key: Key; json: string; revision: number }>;
  readonly revision: number;
  /** Makes all the changes durable, or throws and makes none. */
  append(events: readonly StoreEvent[]): void;
  close(): void;
}

export interface MemoryStoreOptions {
  /** Without one, everything is durable as soon as it is written: for tests. */
  readonly journal?: Journal;
  /** Gets what a watcher throws; by default that is thrown outside of the store, as an uncaught exception. */
  readonly onWatcherError?: (error: unknown) => void;
}

interface Write {
  /** Undefined when the decision was to change nothing. */
  readonly event: StoreEvent | undefined;
  readonly result: Entry | undefined;
  readonly resolve: (entry: Entry | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Watcher {
  readonly namespace: string | undefined;
  readonly on: (event: StoreEvent) => void;
  /** Has every change up to this revision. */
  seen: number;
}

/** The store in memory. With a journal, its writes wait for the next commit; all writes of one turn of the event loop share one. */
export class MemoryStore implements Store {
  readonly #journal: Journal | undefined;
  readonly #onWatcherError: (error: unknown) => void;
  readonly #tables = new Map<string, EntryTable>();
  readonly #history: History;
  /** By resource, so that a change costs nothing to watchers of others. */
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** What each key will be when everything accepted is durable; undefined: removed. */
  #pending = new Map<string, Entry | undefined>();
  #batch: Write[] = [];
  #commit: NodeJS.Immediate | undefined;
  #revision: number;
  #assigned: number;
  /** Set when no write is accepted any more. */
  #refusal: Error | undefined;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#journal = options.journal;
    this.#onWatcherError = options.onWatcherError ?? throwOutside;
    for (const { key, json, revision } of this.#journal?.entries ?? []) {
      const object = deepFreeze(JSON.parse(json) as KubeObject);
      this.#table(key.resource).set(key.namespace, key.name, { object, json, revision });
    }
    this.#revision = this.#assigned = this.#journal?.revision ?? 0;
    this.#history = new History(this.#revision);
  }

  get revision(): number {
    return this.#revision;
  }

  get failure(): Error | undefined {
    return this.#refusal;
  }

  get(key: Key): Entry | undefined {
    return this.#tables.get(key.resource)?.get(key.namespace, key.name);
  }

  list(resource: string, namespace?: string): readonly Entry[] {
    return this.#tables.get(resource)?.list(namespace) ?? [];
  }

  write(
    key: Key,
    decide: (current: KubeObject | undefined) => KubeObject | null | undefined,
  ): Promise<Entry | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#refusal !== undefined) throw this.#refusal;
      const current = this.#latest(key);
      const event = this.#eventOf(key, current, decide(current?.object));
      if (event === undefined && !this.#pending.has(pendingKey(key))) {
        resolve(current);
        return;
      }
      if (event !== undefined) {
        this.#assigned = event.entry.revision;
        this.#pending.set(pendingKey(key), event.type === 'DELETED' ? undefined : event.entry);
      }
      this.#batch.push({ event, result: event?.entry ?? current, resolve, reject });
      this.#commit ??= setImmediate(() => this.#flush());
    });
  }

  watch(
    options: { resource: string; namespace?: string | undefined; since?: number | undefined },
    on: (event: StoreEvent) => void,
  ): () => void {
    const { resource, namespace, since = this.#revision } = options;
    const missed = this.#history.after(since);
    const watchers = this.#watchersOf(resource);
    const watcher: Watcher = { namespace, on, seen: since };
    watchers.add(watcher);
    for (const event of missed) {
      if (event.key.resource === resource) this.#deliver(watchers, watcher, event);
    }
    return () => {
      watchers.delete(watcher);
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#commit !== undefined) clearImmediate(this.#commit);
    this.#flush();
    this.#refusal = new Error('the store is closed');
    for (const watchers of this.#watchers.values()) watchers.clear();
    this.#journal?.close();
  }

  #table(resource: string): EntryTable {
    let table = this.#tables.get(resource);
    if (table === undefined) this.#tables.set(resource, (table = new EntryTable()));
    return table;
  }

  #latest(key: Key): Entry | undefined {
    const id = pendingKey(key);
    return this.#pending.has(id) ? this.#pending.get(id) : this.get(key);
  }

  /** The change that a decision makes; undefined when it changes nothing. */
  #eventOf(
    key: Key,
    current: Entry | undefined,
    decided: KubeObject | null | undefined,
  ): StoreEvent | undefined {
    if (decided === undefined) return undefined;
    if (decided === null) {
      if (current === undefined) return undefined;
      return { type: 'DELETED', key, entry: stamp(current.object, this.#assigned + 1), previous: current };
    }
    // As Kubernetes' etcd3 store: writing what is there already is no change, so that it wakes no watcher.
    if (current !== undefined && stamp(decided, current.revision).json === current.json) return undefined;
    const entry = stamp(decided, this.#assigned + 1);
    return { type: current === undefined ? 'ADDED' : 'MODIFIED', key, entry, previous: current };
  }

  #flush(): void {
    this.#commit = undefined;
    const batch = this.#batch;
    this.#batch = [];
    const events = batch.flatMap(({ event }) => event ?? []);
    try {
      if (events.length > 0 && this.#refusal === undefined) this.#journal?.append(events);
    } catch (error) {
      this.#refusal = new Error('the store accepts no more writes, because one could not be made durable', {
        cause: error,
      });
    }
    if (this.#refusal !== undefined) {
      for (const write of batch) write.reject(this.#refusal);
      this.#pending.clear();
      return;
    }
    this.#pending = new Map();
    for (const event of events) this.#apply(event);
    for (const write of batch) write.resolve(write.result);
    for (const event of events) {
      const watchers = this.#watchersOf(event.key.resource);
      for (const watcher of watchers) this.#deliver(watchers, watcher, event);
    }
  }

  #apply(event: StoreEvent): void {
    const { resource, namespace, name } = event.key;
    if (event.type === 'DELETED') this.#table(resource).delete(namespace, name);
    else this.#table(resource).set(namespace, name, event.entry);
    this.#history.add(event);
    this.#revision = event.entry.revision;
  }

  #watchersOf(resource: string): Set<Watcher> {
    let watchers = this.#watchers.get(resource);
    if (watchers === undefined) this.#watchers.set(resource, (watchers = new Set()));
    return watchers;
  }

  #deliver(watchers: ReadonlySet<Watcher>, watcher: Watcher, event: StoreEvent): void {
    if (event.entry.revision <= watcher.seen || !watchers.has(watcher)) return;
    watcher.seen = event.entry.revision;
    if (watcher.namespace !== undefined && event.key.namespace !== watcher.namespace) return;
    try {
      watcher.on(event);
    } catch (error) {
      this.#onWatcherError(error);
    }
  }
}

const pendingKey = (key: Key): string => `${key.resource}\0${key.namespace}\0${key.name}`;

function stamp(object: KubeObject, revision: number): Entry {
  const metadata = { ...object.metadata, resourceVersion: String(revision) };
  const stamped = deepFreeze({ ...object, metadata });
  return { object: stamped, json: JSON.stringify(stamped), revision };
}

/** Parts that are frozen already, as those shared with the previous version of an object, cost nothing. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

function throwOutside(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
