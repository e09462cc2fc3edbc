import type { DeleteOptions } from '#api/gen/types.ts';
import type { KubeObject, Resource, Subresource } from '#api/resources.ts';
import type { StatusError } from '#api/status.ts';
import type { Entry } from '../store/store.ts';
import type { Catalog } from './catalog.ts';

/**
 * The registry is the API's meaning, without HTTP: it decodes, defaults, validates, allocates and stores.
 *
 * Every method throws a `StatusError` for whatever a client did wrong; anything else that it throws is a fault. Bodies are what the client
 * sent, already parsed from JSON, YAML or protobuf to plain values, not yet checked.
 */
export interface Registry {
  readonly catalog: Catalog;
  /** With a `name` and `subresource`: `binding` or `eviction` of that object; the entry then holds a Status. */
  create(target: Target & Partial<NamedTarget>, body: unknown, options: WriteOptions): Promise<Entry>;
  /** `subresource`: `status` gives the whole object, `scale` its Scale. */
  get(target: NamedTarget): Promise<Entry>;
  list(target: Target, options: ListOptions): Promise<ListResult>;
  /**
   * Starts a watch. `on` gets each event once, in order. Throws 410 Expired as a StatusError when `resourceVersion` is too old.
   */
  watch(target: Target, options: WatchOptions, on: (event: WatchEvent) => void): () => void;
  update(
    target: NamedTarget,
    body: unknown,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }>;
  patch(
    target: NamedTarget,
    patch: Patch,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }>;
  /** `gone: false` when the object stays for now (grace, finalizers): the entry is then the object with its deletionTimestamp. */
  delete(
    target: NamedTarget,
    options: DeleteOptions,
    write: WriteOptions,
  ): Promise<{ entry: Entry; gone: boolean }>;
  deleteCollection(
    target: Target,
    list: ListOptions,
    options: DeleteOptions,
    write: WriteOptions,
  ): Promise<ListResult>;
  /** Admits a connection to `exec`, `attach`, `portforward` or `proxy`, before it is made. `options`: PodExecOptions and their like. */
  connect(target: NamedTarget, options: KubeObject, write: WriteOptions): Promise<void>;
}

export interface Target {
  readonly resource: Resource;
  /** undefined for cluster-scoped resources, and for all namespaces in list and watch. */
  readonly namespace: string | undefined;
}

/** `subresource` `status`, `scale`, `binding`, `eviction` and `finalize` are the registry's; the streaming ones are the server's. */
export interface NamedTarget extends Target {
  readonly name: string;
  readonly subresource?: Subresource | undefined;
}

export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Called with each text for a `Warning: 299` header. */
  readonly warn: (text: string) => void;
  /** Paths of fields that the body holds more than once, for strict decoding to name: `metadata.name`. */
  readonly duplicateFields?: readonly string[];
  /** The resource in the version that the client named, where that is not the one that is kept; for admission. */
  readonly requestedAs?: Resource;
}

/** authentication/v1 `UserInfo`. */
export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: { readonly [key: string]: readonly string[] };
}

export interface ListOptions {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
}

export interface ListResult {
  readonly entries: readonly Entry[];
  /** Of the list, for a watch to start from. */
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface WatchOptions {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** undefined or '0': starts with an ADDED for each object that exists. */
  readonly resourceVersion?: string | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly resourceVersionMatch?: string | undefined;
  /** Not for watches: refused together with a resourceVersionMatch, else ignored. */
  readonly continue?: string | undefined;
  /** How long the watch will last: bookmarks come shortly before its end too. */
  readonly timeoutMilliseconds?: number | undefined;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly entry: Entry }
  /** Nothing happened to the watched objects up to this revision. `initial`: the end of the initial events. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initial: boolean }
  /** The last event: the watch cannot go on. */
  | { readonly type: 'ERROR'; readonly error: StatusError };

export type Patch =
  | { readonly type: 'json'; readonly body: unknown }
  | { readonly type: 'merge'; readonly body: unknown }
  | { readonly type: 'strategic'; readonly body: unknown }
  | { readonly type: 'apply'; readonly body: unknown; readonly force: boolean };
