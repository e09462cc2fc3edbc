import type { Kinds } from '#api/resources.ts';
import type { Client } from '../client.ts';
import type { ApiServiceBackend } from './backend.ts';

export type ApiService = Kinds['apiservices'];

/** A group and version that another server serves. */
export interface AggregatedVersion {
  readonly group: string;
  readonly version: string;
  readonly versionPriority: number;
  /** What it said of its resources when it was last asked; undefined: never. */
  readonly resources: readonly ApiResource[] | undefined;
  readonly isAvailable: boolean;
}

/** metav1.APIResource, as far as it is read here. */
export interface ApiResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** The APIs that APIServices hand to other servers (kube-aggregator). */
export interface Aggregation {
  /** The APIService of `/apis/GROUP/VERSION`, if another server is meant. */
  find(group: string, version: string): ApiService | undefined;
  versions(): readonly AggregatedVersion[];
  readonly backend: ApiServiceBackend;
}

/** What the servers last said of their resources, by the APIService's name. */
export type KnownResources = Map<string, readonly ApiResource[]>;

export function createAggregation(
  client: Pick<Client, 'get' | 'list'>,
  backend: ApiServiceBackend,
  known: KnownResources,
): Aggregation {
  return {
    backend,
    find(group, version) {
      const service = client.get('apiservices', '', `${version}.${group}`);
      return service?.spec?.service === undefined ? undefined : service;
    },
    versions: () =>
      client.list('apiservices').flatMap((service) => {
        const { spec, metadata } = service;
        if (spec?.service === undefined) return [];
        const { group = '', version = '', versionPriority } = spec;
        const isAvailable = isServed(service);
        return [{ group, version, versionPriority, isAvailable, resources: known.get(metadata.name) }];
      }),
  };
}

export const isServed = ({ status }: ApiService): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Available' && value === 'True') ?? false;
