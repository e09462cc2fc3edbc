import { RESOURCES, type Resource, type Subresource } from '#api/resources.ts';
import { SUBRESOURCE_KINDS } from './resource-list.ts';

/** apidiscovery.k8s.io's APIGroupDiscoveryList: of the core group for `/api`, of the others for `/apis` (KEP-3352). */
export function aggregatedDiscovery(isCore: boolean, version: string): object {
  const resources = RESOURCES.filter((resource) => (resource.group === '') === isCore);
  const groups = [...new Set(resources.map((resource) => resource.group))];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => groupDiscovery(group, resources)),
  };
}

function groupDiscovery(group: string, resources: readonly Resource[]): object {
  const ofGroup = resources.filter((resource) => resource.group === group);
  const versions = [...new Set(ofGroup.map((resource) => resource.version))];
  return {
    metadata: group === '' ? {} : { name: group },
    versions: versions.map((version) => ({
      version,
      resources: ofGroup
        .filter((resource) => resource.version === version)
        .map((resource) => resourceDiscovery(resource)),
      freshness: 'Current',
    })),
  };
}

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
    responseKind: responseKind(kind ?? resource.kind, group, version),
    verbs,
  };
}
