import type { AggregatedVersion, ApiResource } from '../../aggregation/aggregation.ts';

/** A group that other servers serve. */
export interface AggregatedGroup {
  readonly name: string;
  /** Those that clients should prefer first. */
  readonly versions: readonly AggregatedVersion[];
}

export function aggregatedGroups(versions: readonly AggregatedVersion[]): AggregatedGroup[] {
  const byName = Map.groupBy(versions, ({ group }) => group);
  return [...byName]
    .map(([name, ofGroup]) => ({
      name,
      versions: ofGroup.toSorted((a, b) => b.versionPriority - a.versionPriority),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** metav1.APIGroup without its kind. */
export function legacyGroup({ name, versions }: AggregatedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
}

/** apidiscovery.k8s.io's APIGroupDiscovery. What a server last said stays while it cannot be reached, and is called stale. */
export const groupDiscovery = ({ name, versions }: AggregatedGroup): object => ({
  metadata: { name },
  versions: versions.map(({ version, resources = [], isAvailable }) => ({
    version,
    resources: resources
      .filter((resource) => !resource.name.includes('/'))
      .map((resource) => resourceDiscovery(name, version, resource, resources)),
    freshness: isAvailable ? 'Current' : 'Stale',
  })),
});

function resourceDiscovery(
  group: string,
  version: string,
  resource: ApiResource,
  all: readonly ApiResource[],
): object {
  const subresources = all.filter((one) => one.name.startsWith(`${resource.name}/`));
  return {
    resource: resource.name,
    responseKind: responseKind(group, version, resource),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singularName ?? '',
    verbs: resource.verbs,
    ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
    ...(resource.categories === undefined ? {} : { categories: resource.categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((one) => ({
            subresource: one.name.slice(resource.name.length + 1),
            responseKind: responseKind(group, version, one),
            verbs: one.verbs,
          })),
        }),
  };
}

const responseKind = (group: string, version: string, resource: ApiResource): object => ({
  group: resource.group ?? group,
  version: resource.version ?? version,
  kind: resource.kind,
});
