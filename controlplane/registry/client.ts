import type { LabelSelector } from '#api/gen/types.ts';
import { resourceOf, type Kinds, type ResourceName } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { StatusError } from '#api/status.ts';
import type { Client, ClientDeleteOptions, Handler, Unstored } from '../client.ts';
import type { Store } from '../store/store.ts';
import type { NamedTarget, Registry, WriteOptions } from './registry.ts';

/** Who the control plane's own parts are. */
const INTERNAL: WriteOptions = {
  user: { name: 'system:podlab', groups: ['system:masters'] },
  dryRun: false,
  fieldManager: 'podlab',
  fieldValidation: 'Strict',
  warn: () => undefined,
};

/** The API for controllers in the same process: reads from the store's memory, writes through the registry. */
export const createClient = (registry: Registry, store: Store): Client => new RegistryClient(registry, store);

class RegistryClient implements Client {
  readonly #registry: Registry;
  readonly #store: Store;

  constructor(registry: Registry, store: Store) {
    this.#registry = registry;
    this.#store = store;
  }

  get<R extends ResourceName>(resource: R, namespace: string, name: string): Kinds[R] | undefined {
    return this.#store.get({ resource, namespace, name })?.object as unknown as Kinds[R] | undefined;
  }

  list<R extends ResourceName>(
    resource: R,
    namespace?: string,
    selector?: LabelSelector,
  ): readonly Kinds[R][] {
    const objects = this.#store.list(resource, namespace).map(({ object }) => object);
    const matches = selector === undefined ? undefined : labelSelectorMatcher(selector);
    const selected =
      matches === undefined ? objects : objects.filter(({ metadata }) => matches(metadata.labels));
    return selected as unknown as Kinds[R][];
  }

  async create<R extends ResourceName>(resource: R, object: Unstored<Kinds[R]>): Promise<Kinds[R]> {
    const { namespace } = object.metadata;
    const target = { resource: resourceOf(resource), namespace };
    const entry = await this.#registry.create(target, object, INTERNAL);
    return entry.object as unknown as Kinds[R];
  }

  update<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]> {
    return this.#put(resource, object);
  }

  updateStatus<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]> {
    return this.#put(resource, object, 'status');
  }

  async #put<R extends ResourceName>(
    resource: R,
    object: Kinds[R],
    subresource?: 'status',
  ): Promise<Kinds[R]> {
    const { namespace = '', name } = object.metadata;
    const target = { ...targetOf(resource, namespace, name), subresource };
    const { entry } = await this.#registry.update(target, object, INTERNAL);
    return entry.object as unknown as Kinds[R];
  }

  async delete(
    resource: ResourceName,
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
      await this.#registry.delete(targetOf(resource, namespace, name), options, INTERNAL);
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
    }
  }

  async bind(pod: Kinds['pods'], nodeName: string): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const target: NamedTarget = { ...targetOf('pods', namespace, name), subresource: 'binding' };
    const binding = { metadata: { name, namespace, uid }, target: { kind: 'Node', name: nodeName } };
    await this.#registry.create(target, binding, INTERNAL);
  }

  async finalize(namespace: Kinds['namespaces']): Promise<void> {
    const target = targetOf('namespaces', '', namespace.metadata.name);
    await this.#registry.update({ ...target, subresource: 'finalize' }, namespace, INTERNAL);
  }

  watch<R extends ResourceName>(resource: R, handler: Handler<Kinds[R]>): () => void {
    const since = this.#store.revision;
    for (const { object } of this.#store.list(resource)) handler.added?.(object as unknown as Kinds[R]);
    return this.#store.watch({ resource, since }, ({ type, entry, previous }) => {
      const object = entry.object as unknown as Kinds[R];
      if (type === 'ADDED') handler.added?.(object);
      else if (type === 'MODIFIED') handler.updated?.(previous?.object as unknown as Kinds[R], object);
      else handler.deleted?.(object);
    });
  }
}

const targetOf = (resource: ResourceName, namespace: string, name: string): NamedTarget => ({
  resource: resourceOf(resource),
  namespace,
  name,
});
