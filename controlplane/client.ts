import type { Kinds, KubeObject, Resource, ResourceName } from '#api/resources.ts';
import type { AuthenticationV1TokenRequest, LabelSelector, TokenRequestSpec } from '#api/gen/types.ts';
import type { Catalog } from './registry/catalog.ts';

/**
 * The API as controllers, the scheduler and the nodes' side of the control plane use it: through the registry, in the same process.
 *
 * Reads come from memory and see every write that this process was told is done. Objects are frozen and shared: to change one, spread it
 * into a new one. Writes throw `StatusError` (Conflict when `metadata.resourceVersion` is stale, NotFound, AlreadyExists, …).
 */
export interface Client {
  readonly catalog: Catalog;
  /** Objects of any resource of the catalog, custom ones too, in their storage version. */
  of(resource: Resource): ObjectsClient;
  get<R extends ResourceName>(resource: R, namespace: string, name: string): Kinds[R] | undefined;
  /** All namespaces when `namespace` is undefined; `selector` undefined selects all. */
  list<R extends ResourceName>(
    resource: R,
    namespace?: string,
    selector?: LabelSelector,
  ): readonly Kinds[R][];
  /** `metadata.name` or `generateName` must be set; the rest of the metadata is the registry's. */
  create<R extends ResourceName>(resource: R, object: Unstored<Kinds[R]>): Promise<Kinds[R]>;
  /** Replaces everything but the status. */
  update<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]>;
  /** Replaces the status only. */
  updateStatus<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]>;
  /** Resolves also when the object was already gone. */
  delete(
    resource: ResourceName,
    namespace: string,
    name: string,
    options?: ClientDeleteOptions,
  ): Promise<void>;
  /** Sets `spec.nodeName` and PodScheduled, as the `binding` subresource does. Conflict if the Pod is bound already. */
  bind(pod: Kinds['pods'], nodeName: string): Promise<void>;
  /** A token of a ServiceAccount, as its `token` subresource gives it. */
  requestToken(
    namespace: string,
    account: string,
    spec: TokenRequestSpec,
  ): Promise<AuthenticationV1TokenRequest>;
  /** Replaces the finalizers in the namespace's spec, as the `finalize` subresource does: without any, a terminating namespace goes. */
  finalize(namespace: Kinds['namespaces']): Promise<void>;
  /**
   * Calls `handler` for every object that exists (as added), then for each change, in order. Events come after the client's reads
   * show their change.
   */
  watch<R extends ResourceName>(resource: R, handler: Handler<Kinds[R]>): () => void;
}

/** What `Client` does with the objects of one resource, of which only the common fields are known. */
export interface ObjectsClient {
  get(namespace: string, name: string): KubeObject | undefined;
  list(namespace?: string): readonly KubeObject[];
  create(object: Unstored<KubeObject>): Promise<KubeObject>;
  update(object: KubeObject): Promise<KubeObject>;
  updateStatus(object: KubeObject): Promise<KubeObject>;
  delete(namespace: string, name: string, options?: ClientDeleteOptions): Promise<void>;
  watch(handler: Handler<KubeObject>): () => void;
}

export type Unstored<T> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  metadata: Partial<Kinds[ResourceName]['metadata']>;
};

export interface ClientDeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
}

export interface Handler<T> {
  added?(object: T): void;
  updated?(previous: T, object: T): void;
  /** `object` as it last was. */
  deleted?(object: T): void;
}
