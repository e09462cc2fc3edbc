import type { Resource, Subresource } from '#api/resources.ts';
import type { Catalog } from '../../registry/catalog.ts';
import { resourcesOf, storageVersionHash } from './groups.ts';

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
  readonly storageVersionHash?: string;
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

/** A resource and its subresources, as `kubectl api-resources` reads them from `/api/v1`. */
function apiResources(catalog: Catalog, resource: Resource): ApiResource[] {
  const hash = storageVersionHash(catalog, resource);
  return [
    {
      name: resource.name,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
      ...(hash === undefined ? {} : { storageVersionHash: hash }),
    },
    ...resource.subresources.map((subresource) => subresourceOf(resource, subresource)),
  ];
}

/** The kind of a subresource that the table gives none of its own: the resource's, or the options of its proxy. */
export const ownKind = ({ kind }: Resource, subresource: Subresource): string =>
  subresource === 'proxy' ? `${kind}ProxyOptions` : kind;

function subresourceOf(resource: Resource, subresource: Subresource): ApiResource {
  const { kind, group, version, verbs } = SUBRESOURCE_KINDS[subresource];
  return {
    name: `${resource.name}/${subresource}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind: kind ?? ownKind(resource, subresource),
    verbs,
  };
}

/** metav1.APIResourceList of one group and version. That of the core group says no `apiVersion`, as kube-apiserver's. */
export const apiResourceList = (catalog: Catalog, apiVersion: string): object => ({
  kind: 'APIResourceList',
  ...(apiVersion.includes('/') ? { apiVersion: 'v1' } : {}),
  groupVersion: apiVersion,
  resources: resourcesOf(catalog, apiVersion).flatMap((resource) => apiResources(catalog, resource)),
});
