import { isStored, type KubeObject, type Resource } from '#api/resources.ts';
import { realClock, type Clock } from '#api/clock.ts';
import { StatusError } from '#api/status.ts';
import { type Authentication, createAuthentication } from '../authentication/authentication.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { rbacAuthorizer } from '../authorization/rbac.ts';
import type { Dialer } from '../dialer.ts';
import type { Store } from '../store/store.ts';
import { createWebhookClient } from '../webhooks/webhook-client.ts';
import { admissionChain, type AdmissionTools } from './admission/admission.ts';
import { admissionPlugins } from './admission/plugins.ts';
import { ServiceAllocator } from './allocation/service-allocator.ts';
import { ResourceCatalog } from './catalog.ts';
import { customConversions } from './custom/conversion.ts';
import { followDefinitions } from './custom/custom-resources.ts';
import { Compaction } from './compaction.ts';
import { DEFAULT_CONFIG, type RegistryConfig } from './config.ts';
import { admissionRequest, createObject, groupResource } from './create.ts';
import { deleteCollection } from './delete-collection.ts';
import { deleteObject } from './delete.ts';
import { entryOf, keyOf, type Environment } from './environment.ts';
import { listObjects } from './list.ts';
import { patchObject } from './patch-object.ts';
import type { NamedTarget, Registry, Target, WriteOptions } from './registry.ts';
import { answerQuestion } from './questions/questions.ts';
import { createStrategies } from './strategies/strategies.ts';
import { createSubresource, patchSubresource, updateSubresource } from './subresources/subresources.ts';
import { scaleOf } from './subresources/scale.ts';
import { updateObject } from './update.ts';
import { builtInConversion } from './versions/built-in.ts';
import { versionedRegistry } from './versions/versioned-registry.ts';
import { Versions } from './versions/versions.ts';
import { watchObjects } from './watch.ts';

/** `clock` defaults to the real one, `authentication` to one with a key of its own, `authorizer` to RBAC over the store, `dialer` to none, the rest to what `DEFAULT_CONFIG` says. */
export type RegistryOptions = {
  readonly store: Store;
  readonly clock?: Clock;
  readonly authentication?: Authentication;
  readonly authorizer?: Authorizer;
  readonly dialer?: Dialer;
  /** Resources that are in the catalog besides the built-in ones, though the registry knows nothing of them. */
  readonly served?: readonly Resource[];
} & Partial<RegistryConfig>;

export function createRegistry({
  store,
  clock = realClock,
  authentication = createAuthentication(store, clock),
  authorizer = rbacAuthorizer(store),
  dialer,
  served = [],
  ...config
}: RegistryOptions): Registry {
  const complete: RegistryConfig = { ...DEFAULT_CONFIG, ...config };
  const allocator = new ServiceAllocator(complete, store, clock);
  const catalog = new ResourceCatalog();
  followDefinitions(store, catalog);
  if (served.length > 0) catalog.set('', served);
  const versions = new Versions(catalog, [builtInConversion]);
  const strategies = createStrategies(allocator);
  const webhooks = createWebhookClient(() => dialer);
  const tools: AdmissionTools = {
    store,
    clock,
    config: complete,
    authorizer,
    catalog,
    strategies,
    versions,
    webhooks,
  };
  versions.addSource(customConversions(webhooks, (resource) => versions.storageOf(resource)));
  const environment: Environment = {
    store,
    clock,
    config: complete,
    strategies,
    catalog,
    compaction: new Compaction(clock),
    versions,
    authentication,
    authorizer,
    admission: admissionChain(admissionPlugins(tools), tools),
  };
  const inner: Registry = {
    catalog,
    create: async (target, body, options) => {
      if (isNamed(target)) return createSubresource(environment, target, body, options);
      if (!isStored(target.resource)) return answerQuestion(environment, target, body, options);
      return createObject(environment, target, body, options);
    },
    get: (target) => getObject(environment, target),
    list: async (target, options) => listObjects(environment, target, options),
    watch: (target, options, on) => watchObjects(environment, target, options, on),
    update: (target, body, options) =>
      updateSubresource(environment, target, body, options) ??
      updateObject(environment, target, body, options),
    patch: (target, patch, options) =>
      patchSubresource(environment, target, patch, options) ??
      patchObject(environment, target, patch, options),
    delete: (target, options, write) => deleteObject(environment, target, options, write),
    deleteCollection: (target, list, options, write) =>
      deleteCollection(environment, target, list, options, write),
    connect: (target, options, write) => admitConnection(environment, target, options, write),
  };
  return versionedRegistry(inner, versions);
}

const isNamed = (target: Target & Partial<NamedTarget>): target is NamedTarget =>
  target.name !== undefined && target.subresource !== undefined;

async function admitConnection(
  { admission }: Environment,
  target: NamedTarget,
  options: KubeObject,
  write: WriteOptions,
): Promise<void> {
  const request = admissionRequest('CONNECT', target, options, undefined, write);
  await admission.admit(request);
  await admission.validate(request);
}

async function getObject({ store }: Environment, target: NamedTarget): ReturnType<Registry['get']> {
  const entry = store.get(keyOf(target, target.name));
  if (entry === undefined) throw StatusError.notFound(groupResource(target), target.name);
  return target.subresource === 'scale' ? entryOf(scaleOf(entry.object, target.resource)) : entry;
}
