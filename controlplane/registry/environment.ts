import type { Clock } from '#api/clock.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import type { Entry, Key, Store } from '../store/store.ts';
import type { Authentication } from '../authentication/authentication.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { AdmissionChain } from './admission/admission.ts';
import type { Catalog } from './catalog.ts';
import type { Compaction } from './compaction.ts';
import type { RegistryConfig } from './config.ts';
import type { Target, WriteOptions } from './registry.ts';
import type { Strategies } from './strategies/strategies.ts';
import type { Strategy, WriteContext } from './strategies/strategy.ts';
import type { Versions } from './versions/versions.ts';

/** What all parts of the registry work with. */
export interface Environment {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: RegistryConfig;
  readonly strategies: Strategies;
  readonly catalog: Catalog;
  readonly compaction: Compaction;
  readonly versions: Versions;
  readonly admission: AdmissionChain;
  readonly authentication: Authentication;
  readonly authorizer: Authorizer;
}

/** The strategy of a resource, for objects of which only the common fields are known here. */
export const strategyOf = (environment: Environment, resource: Resource): Strategy =>
  environment.strategies.of(resource);

/** The strategy, with the field selectors of the version that is asked for. */
export function selectingStrategy(environment: Environment, resource: Resource): Strategy {
  const strategy = environment.strategies.of(resource);
  const fields = environment.versions.conversionOf(resource)?.selectableFields;
  return fields === undefined ? strategy : { ...strategy, selectableFields: fields };
}

export const keyOf = (target: Target, name: string): Key => ({
  resource: target.resource.storage,
  namespace: target.resource.namespaced ? (target.namespace ?? '') : '',
  name,
});

export const contextOf = (
  { store, clock, config }: Environment,
  resource: Resource,
  options: WriteOptions,
): WriteContext => ({ resource, store, clock, config, options });

/** An entry that is not in the store: a dry run's, or a subresource's. */
export const entryOf = (object: KubeObject): Entry => ({
  object,
  json: JSON.stringify(object),
  revision: Number(object.metadata?.resourceVersion ?? 0) || 0,
});
