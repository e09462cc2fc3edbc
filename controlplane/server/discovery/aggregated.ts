import type { Resource, Subresource } from '#api/resources.ts';
import type { Catalog } from '../../registry/catalog.ts';
import { resourcesOf, type ServedGroup, servedGroups } from './groups.ts';
import { ownKind, SUBRESOURCE_KINDS } from './resource-list.ts';

/** apidiscovery.k8s.io's APIGroupDiscoveryList: of the core group for `/api`, of the others for `/apis` (KEP-3352). */
export function aggregatedDiscovery(
  catalog: Catalog,
  isCore: boolean,
  version: string,
  others: readonly object[],
): object {
  const groups = isCore ? [{ name: '', versions: ['v1'] }] : servedGroups(catalog);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups.map((group) => groupDiscovery(catalog, group)), ...others],
  };
}

const groupDiscovery = (catalog: Catalog, { name, versions }: ServedGroup): object => ({
  metadata: name === '' ? {} : { name },
  versions: versions.map((version) => ({
    version,
    resources: resourcesOf(catalog, name === '' ? version : `${name}/${version}`).map(resourceDiscovery),
    freshness: 'Current',
  })),
});

function resourceDiscovery(resource: Resource): object {
  return {
    resource: resource.name,
    responseKind: responseKind(resource.kind),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
    ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
    ...(resource.subresources.length === 0
      ? {}
      : { subresources: resource.subresources.map((name) => subresourceDiscovery(resource, name)) }),
  };
}

/** A kind of the resource's own group and version is written without them. */
const responseKind = (kind: string, group = '', version = ''): object => ({ group, version, kind });

function subresourceDiscovery(resource: Resource, subresource: Subresource): object {
  const { kind, group, version, verbs } = SUBRESOURCE_KINDS[subresource];
  return {
    subresource,
    responseKind: responseKind(kind ?? ownKind(resource, subresource), group, version),
    verbs,
  };
}
