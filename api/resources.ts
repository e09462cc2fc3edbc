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

/** The kinds that are stored, by plural name; `client.get('pods', …)` gives a `Pod`. */
export interface Kinds {
  configmaps: Stored<k8s.ConfigMap>;
  endpoints: Stored<k8s.Endpoints>;
  events: Stored<k8s.CoreV1Event>;
  limitranges: Stored<k8s.LimitRange>;
  namespaces: Stored<k8s.Namespace>;
  nodes: Stored<k8s.Node>;
  persistentvolumeclaims: Stored<k8s.PersistentVolumeClaim>;
  persistentvolumes: Stored<k8s.PersistentVolume>;
  pods: Stored<k8s.Pod>;
  podtemplates: Stored<k8s.PodTemplate>;
  replicationcontrollers: Stored<k8s.ReplicationController>;
  resourcequotas: Stored<k8s.ResourceQuota>;
  secrets: Stored<k8s.Secret>;
  serviceaccounts: Stored<k8s.ServiceAccount>;
  services: Stored<k8s.Service>;
  mutatingadmissionpolicies: Stored<k8s.MutatingAdmissionPolicy>;
  mutatingadmissionpolicybindings: Stored<k8s.MutatingAdmissionPolicyBinding>;
  mutatingwebhookconfigurations: Stored<k8s.MutatingWebhookConfiguration>;
  validatingadmissionpolicies: Stored<k8s.ValidatingAdmissionPolicy>;
  validatingadmissionpolicybindings: Stored<k8s.ValidatingAdmissionPolicyBinding>;
  validatingwebhookconfigurations: Stored<k8s.ValidatingWebhookConfiguration>;
  customresourcedefinitions: Stored<k8s.CustomResourceDefinition>;
  apiservices: Stored<k8s.APIService>;
  controllerrevisions: Stored<k8s.ControllerRevision>;
  daemonsets: Stored<k8s.DaemonSet>;
  deployments: Stored<k8s.Deployment>;
  replicasets: Stored<k8s.ReplicaSet>;
  statefulsets: Stored<k8s.StatefulSet>;
  horizontalpodautoscalers: Stored<k8s.V2HorizontalPodAutoscaler>;
  cronjobs: Stored<k8s.CronJob>;
  jobs: Stored<k8s.Job>;
  certificatesigningrequests: Stored<k8s.CertificateSigningRequest>;
  leases: Stored<k8s.Lease>;
  endpointslices: Stored<k8s.EndpointSlice>;
  flowschemas: Stored<k8s.FlowSchema>;
  prioritylevelconfigurations: Stored<k8s.PriorityLevelConfiguration>;
  ingressclasses: Stored<k8s.IngressClass>;
  ingresses: Stored<k8s.Ingress>;
  ipaddresses: Stored<k8s.IPAddress>;
  networkpolicies: Stored<k8s.NetworkPolicy>;
  servicecidrs: Stored<k8s.ServiceCIDR>;
  runtimeclasses: Stored<k8s.RuntimeClass>;
  poddisruptionbudgets: Stored<k8s.PodDisruptionBudget>;
  clusterrolebindings: Stored<k8s.ClusterRoleBinding>;
  clusterroles: Stored<k8s.ClusterRole>;
  rolebindings: Stored<k8s.RoleBinding>;
  roles: Stored<k8s.Role>;
  deviceclasses: Stored<k8s.DeviceClass>;
  resourceclaims: Stored<k8s.ResourceV1ResourceClaim>;
  resourceclaimtemplates: Stored<k8s.ResourceClaimTemplate>;
  resourceslices: Stored<k8s.ResourceSlice>;
  priorityclasses: Stored<k8s.PriorityClass>;
  csidrivers: Stored<k8s.CSIDriver>;
  csinodes: Stored<k8s.CSINode>;
  csistoragecapacities: Stored<k8s.CSIStorageCapacity>;
  storageclasses: Stored<k8s.StorageClass>;
  volumeattachments: Stored<k8s.VolumeAttachment>;
  volumeattributesclasses: Stored<k8s.VolumeAttributesClass>;
}

/** The plural name of a built-in resource that is stored: unique, because versions of one kind share their storage. */
export type ResourceName = keyof Kinds;

/** One resource in one group and version: a row of the table below, or what a CustomResourceDefinition adds to it. */
export interface Resource {
  /** The plural name, as in the URL. */
  readonly name: string;
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The type's name in `api/gen/schema.json`; of a custom resource, a name that the schema does not have. */
  readonly type: string;
  /** The same of its list. */
  readonly listType: string;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Where its objects are kept: a `ResourceName`, or `PLURAL.GROUP` of a custom resource. All versions of a kind have the same. */
  readonly storage: string;
  /** Whether objects are kept in this version; the other versions are converted from it and to it. */
  readonly isStorageVersion: boolean;
  /** Of a custom resource: the OpenAPI v3 schema of its objects that is published; absent, it publishes none. */
  readonly openApiSchema?: { readonly [keyword: string]: unknown };
  /** What a CustomResourceDefinition says of this version; built-in resources have none. */
  readonly custom?: k8s.CustomResourceDefinitionVersion;
  /** How objects of a custom resource get from one version to another. */
  readonly conversion?: k8s.CustomResourceConversion;
  /** Objects that were kept in another version before this one was chosen may still be kept in that. */
  readonly keepsOthers?: boolean;
  /** The schema has defaults that objects may lack which were kept before it had them. */
  readonly defaultsOnRead?: boolean;
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export type Subresource =
  | 'approval'
  | 'attach'
  | 'binding'
  | 'ephemeralcontainers'
  | 'eviction'
  | 'exec'
  | 'finalize'
  | 'log'
  | 'portforward'
  | 'proxy'
  | 'resize'
  | 'scale'
  | 'status'
  | 'token';

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
const CREATE_ONLY: readonly Verb[] = ['create'];
const READ_ONLY: readonly Verb[] = ['get', 'list'];

type Row = Omit<Resource, 'group' | 'version'>;

const row = (name: string, kind: string, isNamespaced: boolean, more: Partial<Row>): Row => ({
  name,
  kind,
  namespaced: isNamespaced,
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  type: kind,
  listType: `${more.type ?? kind}List`,
  verbs: ALL,
  subresources: [],
  storage: name,
  isStorageVersion: true,
  ...more,
});
const namespaced = (name: string, kind: string, more: Partial<Row> = {}): Row => row(name, kind, true, more);
const cluster = (name: string, kind: string, more: Partial<Row> = {}): Row => row(name, kind, false, more);

const groupVersion = (group: string, version: string, rows: readonly Row[]): Resource[] =>
  rows.map((one) => ({ ...one, group, version }));

/** Every built-in resource that the API serves, in the order of `kubectl api-resources`. The one place that lists them. */
export const RESOURCES: readonly Resource[] = [
  ...groupVersion('', 'v1', [
    namespaced('bindings', 'Binding', { verbs: CREATE_ONLY }),
    cluster('componentstatuses', 'ComponentStatus', { shortNames: ['cs'], verbs: READ_ONLY }),
    namespaced('configmaps', 'ConfigMap', { shortNames: ['cm'] }),
    namespaced('endpoints', 'Endpoints', { shortNames: ['ep'] }),
    namespaced('events', 'Event', { type: 'CoreV1Event', shortNames: ['ev'] }),
    namespaced('limitranges', 'LimitRange', { shortNames: ['limits'] }),
    cluster('namespaces', 'Namespace', {
      shortNames: ['ns'],
      verbs: SINGLE,
      subresources: ['finalize', 'status'],
    }),
    cluster('nodes', 'Node', { shortNames: ['no'], subresources: ['proxy', 'status'] }),
    namespaced('persistentvolumeclaims', 'PersistentVolumeClaim', {
      shortNames: ['pvc'],
      subresources: ['status'],
    }),
    cluster('persistentvolumes', 'PersistentVolume', { shortNames: ['pv'], subresources: ['status'] }),
    namespaced('pods', 'Pod', {
      shortNames: ['po'],
      categories: ['all'],
      subresources: [
        'attach',
        'binding',
        'ephemeralcontainers',
        'eviction',
        'exec',
        'log',
        'portforward',
        'proxy',
        'resize',
        'status',
      ],
    }),
    namespaced('podtemplates', 'PodTemplate'),
    namespaced('replicationcontrollers', 'ReplicationController', {
      shortNames: ['rc'],
      categories: ['all'],
      subresources: ['scale', 'status'],
    }),
    namespaced('resourcequotas', 'ResourceQuota', { shortNames: ['quota'], subresources: ['status'] }),
    namespaced('secrets', 'Secret'),
    namespaced('serviceaccounts', 'ServiceAccount', { shortNames: ['sa'], subresources: ['token'] }),
    namespaced('services', 'Service', {
      shortNames: ['svc'],
      categories: ['all'],
      subresources: ['proxy', 'status'],
    }),
  ]),
  ...groupVersion('admissionregistration.k8s.io', 'v1', [
    cluster('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', { categories: ['api-extensions'] }),
    cluster('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', {
      categories: ['api-extensions'],
    }),
    cluster('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', {
      categories: ['api-extensions'],
    }),
    cluster('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
      categories: ['api-extensions'],
      subresources: ['status'],
    }),
    cluster('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
      categories: ['api-extensions'],
    }),
    cluster('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', {
      categories: ['api-extensions'],
    }),
  ]),
  ...groupVersion('apiextensions.k8s.io', 'v1', [
    cluster('customresourcedefinitions', 'CustomResourceDefinition', {
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      subresources: ['status'],
    }),
  ]),
  ...groupVersion('apiregistration.k8s.io', 'v1', [
    cluster('apiservices', 'APIService', { categories: ['api-extensions'], subresources: ['status'] }),
  ]),
  ...groupVersion('apps', 'v1', [
    namespaced('controllerrevisions', 'ControllerRevision'),
    namespaced('daemonsets', 'DaemonSet', {
      shortNames: ['ds'],
      categories: ['all'],
      subresources: ['status'],
    }),
    namespaced('deployments', 'Deployment', {
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: ['scale', 'status'],
    }),
    namespaced('replicasets', 'ReplicaSet', {
      shortNames: ['rs'],
      categories: ['all'],
      subresources: ['scale', 'status'],
    }),
    namespaced('statefulsets', 'StatefulSet', {
      shortNames: ['sts'],
      categories: ['all'],
      subresources: ['scale', 'status'],
    }),
  ]),
  ...groupVersion('authentication.k8s.io', 'v1', [
    cluster('selfsubjectreviews', 'SelfSubjectReview', { verbs: CREATE_ONLY }),
    cluster('tokenreviews', 'TokenReview', { verbs: CREATE_ONLY }),
  ]),
  ...groupVersion('authorization.k8s.io', 'v1', [
    namespaced('localsubjectaccessreviews', 'LocalSubjectAccessReview', { verbs: CREATE_ONLY }),
    cluster('selfsubjectaccessreviews', 'SelfSubjectAccessReview', { verbs: CREATE_ONLY }),
    cluster('selfsubjectrulesreviews', 'SelfSubjectRulesReview', { verbs: CREATE_ONLY }),
    cluster('subjectaccessreviews', 'SubjectAccessReview', { verbs: CREATE_ONLY }),
  ]),
  ...groupVersion('autoscaling', 'v1', [
    namespaced('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: ['status'],
      isStorageVersion: false,
    }),
  ]),
  ...groupVersion('autoscaling', 'v2', [
    namespaced('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
      type: 'V2HorizontalPodAutoscaler',
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: ['status'],
    }),
  ]),
  ...groupVersion('batch', 'v1', [
    namespaced('cronjobs', 'CronJob', { shortNames: ['cj'], categories: ['all'], subresources: ['status'] }),
    namespaced('jobs', 'Job', { categories: ['all'], subresources: ['status'] }),
  ]),
  ...groupVersion('certificates.k8s.io', 'v1', [
    cluster('certificatesigningrequests', 'CertificateSigningRequest', {
      shortNames: ['csr'],
      subresources: ['approval', 'status'],
    }),
  ]),
  ...groupVersion('coordination.k8s.io', 'v1', [namespaced('leases', 'Lease')]),
  ...groupVersion('discovery.k8s.io', 'v1', [namespaced('endpointslices', 'EndpointSlice')]),
  ...groupVersion('events.k8s.io', 'v1', [
    namespaced('events', 'Event', { type: 'EventsV1Event', shortNames: ['ev'], isStorageVersion: false }),
  ]),
  ...groupVersion('flowcontrol.apiserver.k8s.io', 'v1', [
    cluster('flowschemas', 'FlowSchema', { subresources: ['status'] }),
    cluster('prioritylevelconfigurations', 'PriorityLevelConfiguration', { subresources: ['status'] }),
  ]),
  ...groupVersion('networking.k8s.io', 'v1', [
    cluster('ingressclasses', 'IngressClass'),
    namespaced('ingresses', 'Ingress', { shortNames: ['ing'], subresources: ['status'] }),
    cluster('ipaddresses', 'IPAddress', { shortNames: ['ip'] }),
    namespaced('networkpolicies', 'NetworkPolicy', { shortNames: ['netpol'] }),
    cluster('servicecidrs', 'ServiceCIDR', { subresources: ['status'] }),
  ]),
  ...groupVersion('node.k8s.io', 'v1', [cluster('runtimeclasses', 'RuntimeClass')]),
  ...groupVersion('policy', 'v1', [
    namespaced('poddisruptionbudgets', 'PodDisruptionBudget', {
      shortNames: ['pdb'],
      subresources: ['status'],
    }),
  ]),
  ...groupVersion('rbac.authorization.k8s.io', 'v1', [
    cluster('clusterrolebindings', 'ClusterRoleBinding'),
    cluster('clusterroles', 'ClusterRole'),
    namespaced('rolebindings', 'RoleBinding'),
    namespaced('roles', 'Role'),
  ]),
  ...groupVersion('resource.k8s.io', 'v1', [
    cluster('deviceclasses', 'DeviceClass'),
    namespaced('resourceclaims', 'ResourceClaim', {
      type: 'ResourceV1ResourceClaim',
      listType: 'ResourceClaimList',
      subresources: ['status'],
    }),
    namespaced('resourceclaimtemplates', 'ResourceClaimTemplate'),
    cluster('resourceslices', 'ResourceSlice'),
  ]),
  ...groupVersion('scheduling.k8s.io', 'v1', [
    cluster('priorityclasses', 'PriorityClass', { shortNames: ['pc'] }),
  ]),
  ...groupVersion('storage.k8s.io', 'v1', [
    cluster('csidrivers', 'CSIDriver'),
    cluster('csinodes', 'CSINode'),
    namespaced('csistoragecapacities', 'CSIStorageCapacity'),
    cluster('storageclasses', 'StorageClass', { shortNames: ['sc'] }),
    cluster('volumeattachments', 'VolumeAttachment', { subresources: ['status'] }),
    cluster('volumeattributesclasses', 'VolumeAttributesClass', { shortNames: ['vac'] }),
  ]),
];

/** Whether objects of the resource are kept; the others are questions that are answered at once. */
export const isStored = ({ verbs }: Resource): boolean => verbs.includes('watch');

const byStorage = new Map(
  RESOURCES.filter((resource) => resource.isStorageVersion && isStored(resource)).map((resource) => [
    resource.storage,
    resource,
  ]),
);

/** The row of a built-in resource, in its storage version. */
export function resourceOf(name: ResourceName): Resource {
  const resource = byStorage.get(name);
  if (resource === undefined) throw new Error(`no resource ${name} in the table`);
  return resource;
}

/** `apps/v1`, or `v1` in the core group. */
export const apiVersionOf = (resource: Pick<Resource, 'group' | 'version'>): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
