import type { KubeObject } from '#api/resources.ts';

/**
 * The store keeps every object of the cluster, durably and in order.
 *
 * It promises:
 * - one revision for each change, growing by one, over all resources; an object's `metadata.resourceVersion` is the revision of its
 *   last change, and the store sets it;
 * - a write's promise resolves only when the change is durable; readers and watchers see it only then, in the order of revisions;
 * - the decision inside `write` sees every earlier write, also those that are not yet durable, so that a check and its write are one step;
 * - a watcher gets each change after its start once, in order;
 * - writing what is there already changes nothing, takes no revision and wakes no watcher;
 * - when a change cannot be made durable, it and every later write is rejected, and what was durable stays readable;
 * - after a crash at any moment, exactly the changes that were durable are there.
 *
 * It does not validate, default or know any kind. Objects that it gives out are frozen and shared: never change one, make a new one.
 */
export interface Store {
  /** The revision of the last durable change. */
  readonly revision: number;
  /** Why no write is accepted any more; undefined while they are. */
  readonly failure: Error | undefined;

  get(key: Key): Entry | undefined;

  /** The entries of a resource, all or of one namespace, in the order of their keys (namespace, then name). */
  list(resource: string, namespace?: string): readonly Entry[];

  /**
   * Decides and writes in one step. `decide` is called at once, synchronously, with the object as it will be after every earlier write
   * (undefined when there is none); it returns the object to keep, `null` to remove it, or `undefined` to leave everything as it is; what
   * it throws rejects the promise and changes nothing. Resolves, when durable, with the entry as it is after this write (for a removal:
   * as it was, with the revision of its removal).
   */
  write(
    key: Key,
    decide: (current: KubeObject | undefined) => KubeObject | null | undefined,
  ): Promise<Entry | undefined>;

  /**
   * Calls `on` with every change of the resource after revision `since`, then with each as it becomes durable. `since: undefined`
   * starts from now. The changes of the past come before this returns. Throws `RevisionExpired` if changes after `since` are no longer kept.
   */
  watch(
    options: { resource: string; namespace?: string | undefined; since?: number | undefined },
    on: (event: StoreEvent) => void,
  ): () => void;

  /** Ends when everything accepted is durable. No write may follow. */
  close(): Promise<void>;
}

export interface Key {
  /** Plural resource name, such as `pods`. */
  readonly resource: string;
  /** `''` for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

export interface Entry {
  readonly object: KubeObject;
  /** The object as JSON, serialised once, with its resourceVersion. */
  readonly json: string;
  /** Of its last change. */
  readonly revision: number;
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: Key;
  /** For DELETED: the object as it last was, with the revision of its removal as resourceVersion. */
  readonly entry: Entry;
  /** Before the change; undefined for ADDED. */
  readonly previous: Entry | undefined;
}

/** Changes after the asked revision are no longer kept (`oldest` is the first that one may start from). */
export class RevisionExpired extends Error {
  readonly oldest: number;

  constructor(asked: number, oldest: number) {
    super(`too old resource version: ${asked} (${oldest})`);
    this.name = 'RevisionExpired';
    this.oldest = oldest;
  }
}
