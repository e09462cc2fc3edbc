import type { AuthenticationV1TokenRequest, LabelSelector, TokenRequestSpec } from '#api/gen/types.ts';
import { resourceOf, type Kinds, type KubeObject, type Resource, type ResourceName } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { StatusError } from '#api/status.ts';
import type { Client, ClientDeleteOptions, Handler, ObjectsClient, Unstored } from '../client.ts';
import type { Store } from '../store/store.ts';
import type { Catalog } from './catalog.ts';
import type { NamedTarget, Registry, WriteOptions } from './registry.ts';

/** Whose work a part of the control plane does: what owns the fields that it writes. */
type Component = 'kube-controller-manager' | 'kube-scheduler' | 'kubelet';

const writeOptionsOf = (component: Component): WriteOptions => ({
  user: { name: 'system:podlab', groups: ['system:masters'] },
  dryRun: false,
  fieldManager: component,
  fieldValidation: 'Strict',
  warn: () => undefined,
});

/** The API for controllers in the same process: reads from the store's memory, writes through the registry. */
export const createClient = (
  registry: Registry,
  store: Store,
  component: Component = 'kube-controller-manager',
): Client => new RegistryClient(registry, store, writeOptionsOf(component));

class RegistryClient implements Client {
  readonly #registry: Registry;
  readonly #store: Store;
  readonly #write: WriteOptions;

  constructor(registry: Registry, store: Store, write: WriteOptions) {
    this.#registry = registry;
    this.#store = store;
    this.#write = write;
  }

  get catalog(): Catalog {
    return this.#registry.catalog;
  }

  of(resource: Resource): ObjectsClient {
    return new RegistryObjects(this.#registry, this.#store, this.#write, resource);
  }

  get<R extends ResourceName>(resource: R, namespace: string, name: string): Kinds[R] | undefined {
    return this.#store.get({ resource, namespace, name })?.object as unknown as Kinds[R] | undefined;
  }

  list<R extends ResourceName>(
    resource: R,
    namespace?: string,
    selector?: LabelSelector,
  ): readonly Kinds[R][] {
    const objects = this.of(resourceOf(resource)).list(namespace);
    const matches = selector === undefined ? undefined : labelSelectorMatcher(selector);
    const selected =
      matches === undefined ? objects : objects.filter(({ metadata }) => matches(metadata.labels));
    return selected as unknown as Kinds[R][];
  }

  create<R extends ResourceName>(resource: R, object: Unstored<Kinds[R]>): Promise<Kinds[R]> {
    return this.of(resourceOf(resource)).create(object) as Promise<Kinds[R]>;
  }

  update<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]> {
    return this.of(resourceOf(resource)).update(object) as Promise<Kinds[R]>;
  }

  updateStatus<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]> {
    return this.of(resourceOf(resource)).updateStatus(object) as Promise<Kinds[R]>;
  }

  delete(
    resource: ResourceName,
    namespace: string,
    name: string,
    options?: ClientDeleteOptions,
  ): Promise<void> {
    return this.of(resourceOf(resource)).delete(namespace, name, options);
  }

  async bind(pod: Kinds['pods'], nodeName: string): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const target: NamedTarget = { ...targetOf(resourceOf('pods'), namespace, name), subresource: 'binding' };
    const binding = { metadata: { name, namespace, uid }, target: { kind: 'Node', name: nodeName } };
    await this.#registry.create(target, binding, this.#write);
  }

  async requestToken(
    namespace: string,
    account: string,
    spec: TokenRequestSpec,
  ): Promise<AuthenticationV1TokenRequest> {
    const accounts = resourceOf('serviceaccounts');
    const target: NamedTarget = { ...targetOf(accounts, namespace, account), subresource: 'token' };
    const { object } = await this.#registry.create(target, { spec }, this.#write);
    return object;
  }

  async finalize(namespace: Kinds['namespaces']): Promise<void> {
    const target = targetOf(resourceOf('namespaces'), '', namespace.metadata.name);
    await this.#registry.update({ ...target, subresource: 'finalize' }, namespace, this.#write);
  }

  watch<R extends ResourceName>(resource: R, handler: Handler<Kinds[R]>): () => void {
    return this.of(resourceOf(resource)).watch(handler);
  }
}

class RegistryObjects implements ObjectsClient {
  readonly #registry: Registry;
  readonly #store: Store;
  readonly #write: WriteOptions;
  readonly #resource: Resource;

  constructor(registry: Registry, store: Store, write: WriteOptions, resource: Resource) {
    this.#registry = registry;
    this.#store = store;
    this.#write = write;
    this.#resource = resource;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#store.get({ resource: this.#resource.storage, namespace, name })?.object;
  }

  list(namespace?: string): readonly KubeObject[] {
    return this.#store.list(this.#resource.storage, namespace).map(({ object }) => object);
  }

  async create(object: Unstored<KubeObject>): Promise<KubeObject> {
    const target = { resource: this.#resource, namespace: object.metadata.namespace };
    return (await this.#registry.create(target, object, this.#write)).object;
  }

  update(object: KubeObject): Promise<KubeObject> {
    return this.#put(object);
  }

  updateStatus(object: KubeObject): Promise<KubeObject> {
    return this.#put(object, 'status');
  }

  async #put(object: KubeObject, subresource?: 'status'): Promise<KubeObject> {
    const { namespace = '', name } = object.metadata;
    const target = { ...targetOf(this.#resource, namespace, name), subresource };
    return (await this.#registry.update(target, object, this.#write)).entry.object;
  }

  async delete(
    namespace: string,
    name: string,
    { gracePeriodSeconds, propagationPolicy, uid, resourceVersion }: ClientDeleteOptions = {},
  ): Promise<void> {
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const options = {
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      preconditions,
    };
    try {
      await this.#registry.delete(targetOf(this.#resource, namespace, name), options, this.#write);
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
    }
  }

  watch(handler: Handler<KubeObject>): () => void {
    const since = this.#store.revision;
    for (const object of this.list()) handler.added?.(object);
    return this.#store.watch({ resource: this.#resource.storage, since }, ({ type, entry, previous }) => {
      if (type === 'ADDED') handler.added?.(entry.object);
      else if (type === 'MODIFIED') handler.updated?.(previous!.object, entry.object);
      else handler.deleted?.(entry.object);
    });
  }
}

const targetOf = (resource: Resource, namespace: string, name: string): NamedTarget => ({
  resource,
  namespace,
  name,
});
