import type * as k8s from './gen/types.ts';

/** What every stored object has: the type's own fields, and metadata that the registry has filled in. */
export type Stored<T> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
};

/** metav1.ObjectMeta of an object that is stored. `namespace` is absent on cluster-scoped objects. */
export type ObjectMeta = k8s.ObjectMeta & {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
};

export type KubeObject = Stored<{ [field: string]: unknown }>;

/** The Go-like names of the resource table's kinds; `client.get('pods', …)` gives a `Pod`. */
export interface Kinds {
  namespaces: Stored<k8s.Namespace>;
  nodes: Stored<k8s.Node>;
  pods: Stored<k8s.Pod>;
  services: Stored<k8s.Service>;
  endpoints: Stored<k8s.Endpoints>;
  configmaps: Stored<k8s.ConfigMap>;
  secrets: Stored<k8s.Secret>;
  serviceaccounts: Stored<k8s.ServiceAccount>;
  events: Stored<k8s.CoreV1Event>;
  deployments: Stored<k8s.Deployment>;
  replicasets: Stored<k8s.ReplicaSet>;
  endpointslices: Stored<k8s.EndpointSlice>;
  leases: Stored<k8s.Lease>;
}

/** The plural name, unique over all groups in this table. */
export type ResourceName = keyof Kinds;

export interface Resource {
  readonly name: ResourceName;
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The type's name in `api/gen/schema.json`. */
  readonly type: string;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export type Subresource =
  | 'status'
  | 'scale'
  | 'binding'
  | 'eviction'
  | 'log'
  | 'exec'
  | 'attach'
  | 'portforward'
  | 'finalize';

const ALL: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
const SINGLE: readonly Verb[] = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

type Row = Pick<Resource, 'name' | 'group' | 'version' | 'kind' | 'namespaced'> & Partial<Resource>;

const row = (given: Row): Resource => ({
  singular: given.kind.toLowerCase(),
  shortNames: [],
  categories: [],
  type: given.kind,
  verbs: ALL,
  subresources: [],
  ...given,
});

/** Every resource that the API serves, in the order of `kubectl api-resources`. The one place that lists them. */
export const RESOURCES: readonly Resource[] = [
  row({
    name: 'configmaps',
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    namespaced: true,
    shortNames: ['cm'],
  }),
  row({
    name: 'endpoints',
    group: '',
    version: 'v1',
    kind: 'Endpoints',
    namespaced: true,
    singular: 'endpoints',
    shortNames: ['ep'],
  }),
  row({
    name: 'events',
    group: '',
    version: 'v1',
    kind: 'Event',
    namespaced: true,
    shortNames: ['ev'],
    type: 'CoreV1Event',
  }),
  row({
    name: 'namespaces',
    group: '',
    version: 'v1',
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    verbs: SINGLE,
    subresources: ['finalize', 'status'],
  }),
  row({
    name: 'nodes',
    group: '',
    version: 'v1',
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    subresources: ['status'],
  }),
  row({
    name: 'pods',
    group: '',
    version: 'v1',
    kind: 'Pod',
    namespaced: true,
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['attach', 'binding', 'eviction', 'exec', 'log', 'portforward', 'status'],
  }),
  row({ name: 'secrets', group: '', version: 'v1', kind: 'Secret', namespaced: true }),
  row({
    name: 'serviceaccounts',
    group: '',
    version: 'v1',
    kind: 'ServiceAccount',
    namespaced: true,
    shortNames: ['sa'],
  }),
  row({
    name: 'services',
    group: '',
    version: 'v1',
    kind: 'Service',
    namespaced: true,
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
  }),
  row({
    name: 'deployments',
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespaced: true,
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['scale', 'status'],
  }),
  row({
    name: 'replicasets',
    group: 'apps',
    version: 'v1',
    kind: 'ReplicaSet',
    namespaced: true,
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['scale', 'status'],
  }),
  row({ name: 'leases', group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespaced: true }),
  row({
    name: 'endpointslices',
    group: 'discovery.k8s.io',
    version: 'v1',
    kind: 'EndpointSlice',
    namespaced: true,
  }),
];

const byName = new Map(RESOURCES.map((resource) => [resource.name, resource]));

/** The row of a resource that the table is known to hold. */
export function resourceOf(name: ResourceName): Resource {
  const resource = byName.get(name);
  if (resource === undefined) throw new Error(`no resource ${name} in the table`);
  return resource;
}

/** `apps/v1`, or `v1` in the core group. */
export const apiVersionOf = (resource: Pick<Resource, 'group' | 'version'>): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
