import { RESOURCES, type Resource, type Subresource, apiVersionOf } from '#api/resources.ts';

/** metav1.APIResource. */
export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface SubresourceKind {
  /** undefined: the resource's own. */
  readonly kind?: string;
  /** The kind's name in the schema, where it has another there. */
  readonly type?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** What each subresource takes and which verbs it has. */
export const SUBRESOURCE_KINDS: Record<Subresource, SubresourceKind> = {
  approval: { verbs: ['get', 'patch', 'update'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  ephemeralcontainers: { verbs: ['get', 'patch', 'update'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  finalize: { verbs: ['update'] },
  log: { verbs: ['get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  proxy: { verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  resize: { verbs: ['get', 'patch', 'update'] },
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  status: { verbs: ['get', 'patch', 'update'] },
  token: {
    kind: 'TokenRequest',
    type: 'AuthenticationV1TokenRequest',
    group: 'authentication.k8s.io',
    version: 'v1',
    verbs: ['create'],
  },
};

/** `apps/v1` and so on, each once, in the order of the table. */
export const groupVersions = (): string[] => [...new Set(RESOURCES.map(apiVersionOf))];

export const resourcesOf = (apiVersion: string): readonly Resource[] =>
  RESOURCES.filter((resource) => apiVersionOf(resource) === apiVersion);

/** A resource and its subresources, as `kubectl api-resources` reads them from `/api/v1`. */
function apiResources(resource: Resource): ApiResource[] {
  return [
    {
      name: resource.name,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
    },
    ...resource.subresources.map((subresource) => subresourceOf(resource, subresource)),
  ];
}

function subresourceOf(resource: Resource, subresource: Subresource): ApiResource {
  const { kind, group, version, verbs } = SUBRESOURCE_KINDS[subresource];
  return {
    name: `${resource.name}/${subresource}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind: kind ?? resource.kind,
    verbs,
  };
}

/** metav1.APIResourceList of one group and version. */
export const apiResourceList = (apiVersion: string): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: apiVersion,
  resources: resourcesOf(apiVersion).flatMap(apiResources),
});
