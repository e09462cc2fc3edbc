import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from '#api/clock.ts';
import { realClock, rfc3339 } from '#api/clock.ts';
import type { AuthenticationV1TokenRequest, LabelSelector, TokenRequestSpec } from '#api/gen/types.ts';
import type { Kinds, KubeObject, ObjectMeta, Resource, ResourceName } from '#api/resources.ts';
import { apiVersionOf, resourceOf } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { StatusError } from '#api/status.ts';
import type { Client, ClientDeleteOptions, Handler, ObjectsClient, Unstored } from './client.ts';
import { ResourceCatalog } from './registry/catalog.ts';

type Verb = 'create' | 'update' | 'updateStatus' | 'delete' | 'bind' | 'finalize';

/** A write as `FakeClient.refuse` sees it; `object` is what was sent (for a delete, what would go). */
export interface Attempt {
  readonly verb: Verb;
  readonly resource: ResourceName;
  readonly object: KubeObject;
}

/**
 * The API for tests, in memory, with the registry's rules of writing: resourceVersions, conflicts, generations, subresources,
 * finalizers, grace periods, and reads and watches that show a write only when its promise resolves. It does not default, validate
 * or allocate: objects must come complete.
 */
export class FakeClient implements Client {
  /** Called before each write; what it returns rejects the write. */
  refuse: (attempt: Attempt) => Error | undefined = () => undefined;
  /** Every write that was accepted, in order. */
  readonly writes: Attempt[] = [];

  readonly #clock: Clock;
  /** With the writes that are not shown yet. */
  readonly #latest = new Map<string, KubeObject>();
  readonly #shown = new Map<string, KubeObject>();
  readonly #handlers = new Map<ResourceName, Set<Handler<KubeObject>>>();
  #unshown: (() => void)[] = [];
  #revision = 0;

  constructor(clock: Clock = realClock) {
    this.#clock = clock;
  }

  readonly catalog = new ResourceCatalog();

  of({ storage }: Resource): ObjectsClient {
    const resource = storage as ResourceName;
    return {
      get: (namespace, name) => this.get(resource, namespace, name),
      list: (namespace) => this.list(resource, namespace),
      create: (object) => this.create(resource, object),
      update: (object) => this.update(resource, object),
      updateStatus: (object) => this.updateStatus(resource, object),
      delete: (namespace, name, options) => this.delete(resource, namespace, name, options),
      watch: (handler) => this.watch(resource, handler),
    };
  }

  get<R extends ResourceName>(resource: R, namespace: string, name: string): Kinds[R] | undefined {
    return this.#shown.get(keyOf(resource, namespace, name)) as Kinds[R] | undefined;
  }

  list<R extends ResourceName>(
    resource: R,
    namespace?: string,
    selector?: LabelSelector,
  ): readonly Kinds[R][] {
    const prefix = namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;
    const keys = [...this.#shown.keys()].filter((key) => key.startsWith(prefix)).sort();
    const matches = selector === undefined ? () => true : labelSelectorMatcher(selector);
    return keys
      .map((key) => this.#shown.get(key)!)
      .filter((object) => matches(object.metadata.labels))
      .map((object) => object as Kinds[R]);
  }

  async create<R extends ResourceName>(resource: R, object: Unstored<Kinds[R]>): Promise<Kinds[R]> {
    const row = resourceOf(resource);
    const fresh = this.#complete(row, object as unknown as KubeObject);
    this.#admit('create', resource, fresh);
    const key = keyOfObject(resource, fresh);
    if (this.#latest.has(key)) throw StatusError.alreadyExists(groupResource(row), fresh.metadata.name);
    return this.#write(resource, key, fresh) as Promise<Kinds[R]>;
  }

  /** Creates the object and then sets its status: a cluster that already has this object. */
  async seed<R extends ResourceName>(resource: R, object: Unstored<Kinds[R]>): Promise<Kinds[R]> {
    const created = await this.create(resource, object);
    const status = (object as unknown as KubeObject).status;
    return status === undefined ? created : this.updateStatus(resource, { ...created, status });
  }

  async update<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]> {
    return this.#replace('update', resource, object, (current) => {
      const sent: KubeObject = object;
      const row = resourceOf(resource);
      const kept = row.subresources.includes('status') ? { status: current.status } : {};
      const next = { ...sent, ...kept, metadata: keepSystemFields(current.metadata, sent.metadata) };
      const grown = hasGeneration(row) && !same(current.spec, sent.spec) ? 1 : 0;
      const generation = current.metadata.generation;
      if (generation !== undefined) next.metadata.generation = generation + grown;
      return next;
    });
  }

  async updateStatus<R extends ResourceName>(resource: R, object: Kinds[R]): Promise<Kinds[R]> {
    return this.#replace('updateStatus', resource, object, (current) => ({
      ...current,
      status: (object as KubeObject).status,
    }));
  }

  /** A text that tells what was asked, which nobody takes for a token. */
  async requestToken(
    namespace: string,
    account: string,
    spec: TokenRequestSpec,
  ): Promise<AuthenticationV1TokenRequest> {
    if (this.get('serviceaccounts', namespace, account) === undefined) {
      throw StatusError.notFound({ group: '', resource: 'serviceaccounts' }, account);
    }
    const token = JSON.stringify({ namespace, account, ...spec });
    const end = this.#clock.now() + (spec.expirationSeconds ?? 3600) * 1000;
    return { spec, status: { token, expirationTimestamp: rfc3339(end) } };
  }

  async bind(pod: Kinds['pods'], nodeName: string): Promise<void> {
    await this.#replace('bind', 'pods', pod, (current) => {
      const bound = current as unknown as Kinds['pods'];
      const { namespace, name } = pod.metadata;
      if ((bound.spec?.nodeName ?? '') !== '') {
        const why = `pod ${name} is already assigned to node "${bound.spec?.nodeName}"`;
        throw StatusError.conflict({ group: '', resource: 'pods/binding' }, `${namespace}/${name}`, why);
      }
      const at = rfc3339(this.#clock.now());
      const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: at };
      const others = (bound.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
      return {
        ...current,
        spec: { ...bound.spec, nodeName },
        status: { ...bound.status, conditions: [...others, scheduled] },
      };
    });
  }

  async finalize(namespace: Kinds['namespaces']): Promise<void> {
    await this.#replace('finalize', 'namespaces', namespace, (current) => ({
      ...current,
      spec: { ...(current as Kinds['namespaces']).spec, finalizers: namespace.spec?.finalizers ?? [] },
    }));
  }

  async delete(
    resource: ResourceName,
    namespace: string,
    name: string,
    options: ClientDeleteOptions = {},
  ): Promise<void> {
    const key = keyOf(resource, namespace, name);
    const current = this.#latest.get(key);
    if (current === undefined) return;
    this.#admit('delete', resource, current);
    this.#checkPreconditions(resource, current, options.uid, options.resourceVersion);
    const marked = this.#markDeleted(resource, current, options);
    if (marked === undefined) await this.#write(resource, key, undefined);
    else if (!same(marked, current)) await this.#write(resource, key, marked);
  }

  watch<R extends ResourceName>(resource: R, handler: Handler<Kinds[R]>): () => void {
    const one = handler as unknown as Handler<KubeObject>;
    const handlers = this.#handlers.get(resource) ?? new Set();
    this.#handlers.set(resource, handlers.add(one));
    for (const object of this.list(resource)) handler.added?.(object);
    return () => handlers.delete(one);
  }

  /** Resolves when those who react to writes (and to their own writes) have come to rest; timers of a FakeClock stand still. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet += 1) {
      const revision = this.#revision;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#revision !== revision || this.#unshown.length > 0) quiet = 0;
    }
  }

  #complete(row: Resource, sent: KubeObject): KubeObject {
    const { metadata } = sent;
    const hasStatus = row.subresources.includes('status');
    const { status, ...rest } = sent;
    return {
      ...rest,
      ...(hasStatus ? { status: initialStatus(row) } : status === undefined ? {} : { status }),
      apiVersion: apiVersionOf(row),
      kind: row.kind,
      metadata: {
        ...metadata,
        ...(hasGeneration(row) ? { generation: 1 } : {}),
        name: metadata.name ?? `${metadata.generateName}${suffix()}`,
        uid: randomUUID(),
        resourceVersion: '',
        creationTimestamp: rfc3339(this.#clock.now()),
      },
    };
  }

  async #replace<R extends ResourceName>(
    verb: Verb,
    resource: R,
    object: Kinds[R],
    change: (current: KubeObject) => KubeObject,
  ): Promise<Kinds[R]> {
    const key = keyOfObject(resource, object);
    const current = this.#latest.get(key);
    if (current === undefined) {
      throw StatusError.notFound(groupResource(resourceOf(resource)), object.metadata.name);
    }
    this.#admit(verb, resource, object);
    this.#checkPreconditions(resource, current, object.metadata.uid, object.metadata.resourceVersion);
    const next = change(current);
    if (same(next, current)) return current as Kinds[R];
    const gone = isDeleted(next.metadata) && allFinalizers(next).length === 0;
    const stays = !gone || (next.metadata.deletionGracePeriodSeconds ?? 0) > 0;
    return this.#write(resource, key, stays ? next : undefined) as Promise<Kinds[R]>;
  }

  #checkPreconditions(
    resource: ResourceName,
    current: KubeObject,
    uid: string | undefined,
    resourceVersion: string | undefined,
  ): void {
    const row = groupResource(resourceOf(resource));
    const { metadata } = current;
    if (uid !== undefined && uid !== '' && uid !== metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
      throw StatusError.conflict(row, metadata.name, why);
    }
    if (
      resourceVersion !== undefined &&
      resourceVersion !== '' &&
      resourceVersion !== metadata.resourceVersion
    ) {
      const why =
        'the object has been modified; please apply your changes to the latest version and try again';
      throw StatusError.conflict(row, metadata.name, why);
    }
  }

  /** The object with its deletionTimestamp, or undefined when it goes at once. */
  #markDeleted(
    resource: ResourceName,
    current: KubeObject,
    options: ClientDeleteOptions,
  ): KubeObject | undefined {
    const finalizers = finalizersFor(current.metadata.finalizers ?? [], options.propagationPolicy);
    const grace = resource === 'pods' ? podGrace(current, options) : 0;
    if (grace === 0 && finalizers.length === 0 && specFinalizers(current).length === 0) return undefined;
    const before = current.metadata.deletionGracePeriodSeconds;
    if (isDeleted(current.metadata) && before !== undefined && before <= grace) return current;
    const metadata: ObjectMeta = {
      ...current.metadata,
      deletionTimestamp: current.metadata.deletionTimestamp ?? rfc3339(this.#clock.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    };
    const status =
      resource === 'namespaces'
        ? { status: { ...(current.status as object | undefined), phase: 'Terminating' } }
        : {};
    return {
      ...current,
      ...status,
      metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers },
    };
  }

  #admit(verb: Verb, resource: ResourceName, object: KubeObject): void {
    const attempt: Attempt = { verb, resource, object };
    const refusal = this.refuse(attempt);
    if (refusal !== undefined) throw refusal;
    this.writes.push(attempt);
  }

  /** Decides at once, shows a turn later: as the store, whose writes are durable only then. */
  #write(resource: ResourceName, key: string, next: KubeObject | undefined): Promise<KubeObject> {
    this.#revision += 1;
    const base = next ?? this.#latest.get(key)!;
    const resourceVersion = String(this.#revision);
    const object = freeze(
      structuredClone({ ...base, metadata: { ...base.metadata, resourceVersion } }),
    ) as KubeObject;
    if (next === undefined) this.#latest.delete(key);
    else this.#latest.set(key, object);
    return new Promise((resolve) => {
      if (this.#unshown.length === 0) setImmediate(() => this.#show());
      this.#unshown.push(() => {
        this.#showOne(resource, key, next === undefined ? undefined : object, object);
        resolve(object);
      });
    });
  }

  #show(): void {
    const due = this.#unshown;
    this.#unshown = [];
    for (const show of due) show();
  }

  #showOne(resource: ResourceName, key: string, next: KubeObject | undefined, last: KubeObject): void {
    const previous = this.#shown.get(key);
    if (next === undefined) this.#shown.delete(key);
    else this.#shown.set(key, next);
    for (const handler of this.#handlers.get(resource) ?? []) {
      if (next === undefined) handler.deleted?.(last);
      else if (previous === undefined) handler.added?.(next);
      else handler.updated?.(previous, next);
    }
  }
}

const keyOf = (resource: ResourceName, namespace: string, name: string): string =>
  `${resource}/${resourceOf(resource).namespaced ? namespace : ''}/${name}`;

const keyOfObject = (resource: ResourceName, object: { metadata: ObjectMeta }): string =>
  keyOf(resource, object.metadata.namespace ?? '', object.metadata.name);

const groupResource = (row: Resource): { group: string; resource: string } => ({
  group: row.group,
  resource: row.name,
});

const hasGeneration = (row: Resource): boolean => ['pods', 'deployments', 'replicasets'].includes(row.name);

const isDeleted = (metadata: ObjectMeta): boolean => metadata.deletionTimestamp !== undefined;

/** A namespace has finalizers in its spec too. */
const specFinalizers = (object: KubeObject): readonly string[] =>
  object.kind === 'Namespace' ? ((object as Kinds['namespaces']).spec?.finalizers ?? []) : [];

const allFinalizers = (object: KubeObject): readonly string[] => [
  ...(object.metadata.finalizers ?? []),
  ...specFinalizers(object),
];

function initialStatus(row: Resource): Record<string, unknown> {
  if (row.name === 'pods') return { phase: 'Pending' };
  if (row.name === 'namespaces') return { phase: 'Active' };
  return row.name === 'replicasets' ? { replicas: 0 } : {};
}

/** What an update cannot change. */
const keepSystemFields = (current: ObjectMeta, sent: ObjectMeta): ObjectMeta => ({
  ...sent,
  uid: current.uid,
  creationTimestamp: current.creationTimestamp,
  resourceVersion: current.resourceVersion,
  ...(current.deletionTimestamp === undefined ? {} : { deletionTimestamp: current.deletionTimestamp }),
  ...(current.deletionGracePeriodSeconds === undefined
    ? {}
    : { deletionGracePeriodSeconds: current.deletionGracePeriodSeconds }),
});

function finalizersFor(
  finalizers: readonly string[],
  policy: ClientDeleteOptions['propagationPolicy'],
): string[] {
  const others = finalizers.filter((one) => one !== 'orphan' && one !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  if (policy === 'Foreground') return [...others, 'foregroundDeletion'];
  return policy === 'Background' ? others : [...finalizers];
}

/** Seconds. A Pod that no node has, or that has ended, has nothing to wait for. */
function podGrace(pod: Kinds['pods'], options: ClientDeleteOptions): number {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if ((pod.spec?.nodeName ?? '') === '' || ended) return 0;
  return options.gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const suffix = (): string => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]!).join('');

const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const one of Object.values(value)) freeze(one);
  return Object.freeze(value);
}
