/**
 * What the schema does not say about Kubernetes' Go types, as far as a client can see it. The tables name fields as `Type.field`.
 */

/**
 * Fields that are pointers in Go: they keep an empty value (`replicas: 0`, `type: ""`), while other optional fields lose it
 * when the object is written (`omitempty`).
 */
const POINTERS: Record<string, readonly string[]> = {
  ObjectMeta: ['deletionGracePeriodSeconds'],
  OwnerReference: ['blockOwnerDeletion', 'controller'],
  DeleteOptions: ['gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'],
  Preconditions: ['resourceVersion', 'uid'],
  PodSpec: [
    'activeDeadlineSeconds',
    'automountServiceAccountToken',
    'enableServiceLinks',
    'hostUsers',
    'hostnameOverride',
    'preemptionPolicy',
    'priority',
    'runtimeClassName',
    'setHostnameAsFQDN',
    'shareProcessNamespace',
    'terminationGracePeriodSeconds',
  ],
  Container: ['restartPolicy'],
  EphemeralContainer: ['restartPolicy'],
  ContainerRestartRuleOnExitCodes: ['values'],
  ConfigMapKeySelector: ['optional'],
  SecretKeySelector: ['optional'],
  ConfigMapEnvSource: ['optional'],
  SecretEnvSource: ['optional'],
  ConfigMapVolumeSource: ['defaultMode', 'optional'],
  ConfigMapProjection: ['optional'],
  SecretVolumeSource: ['defaultMode', 'optional'],
  SecretProjection: ['optional'],
  ProjectedVolumeSource: ['defaultMode'],
  DownwardAPIVolumeSource: ['defaultMode'],
  DownwardAPIVolumeFile: ['mode'],
  KeyToPath: ['mode'],
  ServiceAccountTokenProjection: ['expirationSeconds'],
  ClusterTrustBundleProjection: ['name', 'optional', 'signerName'],
  PodCertificateProjection: ['maxExpirationSeconds'],
  HostPathVolumeSource: ['type'],
  CSIVolumeSource: ['fsType', 'readOnly'],
  AzureDiskVolumeSource: ['cachingMode', 'fsType', 'kind', 'readOnly'],
  ISCSIVolumeSource: ['initiatorName'],
  FCVolumeSource: ['lun'],
  TypedLocalObjectReference: ['apiGroup'],
  TypedObjectReference: ['apiGroup', 'namespace'],
  PersistentVolumeClaimSpec: ['storageClassName', 'volumeAttributesClassName', 'volumeMode'],
  PodResourceClaim: ['resourceClaimName', 'resourceClaimTemplateName'],
  SecurityContext: [
    'allowPrivilegeEscalation',
    'privileged',
    'procMount',
    'readOnlyRootFilesystem',
    'runAsGroup',
    'runAsNonRoot',
    'runAsUser',
  ],
  PodSecurityContext: [
    'fsGroup',
    'fsGroupChangePolicy',
    'runAsGroup',
    'runAsNonRoot',
    'runAsUser',
    'seLinuxChangePolicy',
    'supplementalGroupsPolicy',
  ],
  SeccompProfile: ['localhostProfile'],
  AppArmorProfile: ['localhostProfile'],
  WindowsSecurityContextOptions: [
    'gmsaCredentialSpec',
    'gmsaCredentialSpecName',
    'hostProcess',
    'runAsUserName',
  ],
  VolumeMount: ['mountPropagation', 'recursiveReadOnly'],
  Probe: ['terminationGracePeriodSeconds'],
  GRPCAction: ['service'],
  Lifecycle: ['stopSignal'],
  Toleration: ['tolerationSeconds'],
  PodDNSConfigOption: ['value'],
  TopologySpreadConstraint: ['minDomains', 'nodeAffinityPolicy', 'nodeTaintsPolicy'],
  PodAffinityTerm: [],
  PodSchedulingGroup: ['podGroupName'],
  ContainerStatus: ['started'],
  ServiceSpec: [
    'allocateLoadBalancerNodePorts',
    'internalTrafficPolicy',
    'ipFamilyPolicy',
    'loadBalancerClass',
    'trafficDistribution',
  ],
  ClientIPConfig: ['timeoutSeconds'],
  ServicePort: ['appProtocol'],
  PortStatus: ['error'],
  LoadBalancerIngress: ['ipMode'],
  CoreV1EndpointPort: ['appProtocol'],
  EndpointAddress: ['nodeName'],
  DiscoveryV1EndpointPort: ['appProtocol', 'name', 'port', 'protocol'],
  Endpoint: ['hostname', 'nodeName', 'zone'],
  EndpointConditions: ['ready', 'serving', 'terminating'],
  ConfigMap: ['immutable'],
  Secret: ['immutable'],
  ServiceAccount: ['automountServiceAccountToken'],
  DeploymentSpec: ['progressDeadlineSeconds', 'replicas', 'revisionHistoryLimit'],
  RollingUpdateDeployment: ['maxSurge', 'maxUnavailable'],
  DeploymentStatus: ['collisionCount', 'terminatingReplicas'],
  ReplicaSetSpec: ['replicas'],
  ReplicaSetStatus: ['terminatingReplicas'],
  LeaseSpec: ['holderIdentity', 'leaseDurationSeconds', 'leaseTransitions', 'preferredHolder', 'strategy'],
  NodeSwapStatus: ['capacity'],
  // Written though empty: the struct has no omitempty there.
  CoreV1Event: ['reportingComponent', 'reportingInstance'],
  ScaleStatus: ['replicas'],
  EmptyDirVolumeSource: ['sizeLimit'],
};

const pointers = new Set(
  Object.entries(POINTERS).flatMap(([type, fields]) => fields.map((field) => `${type}.${field}`)),
);

/** Whether an empty value of the field is kept. */
export const keepsEmpty = (type: string, field: string): boolean => pointers.has(`${type}.${field}`);

const QUANTITIES: ReadonlySet<string> = new Set([
  'ContainerStatus.allocatedResources',
  'EmptyDirVolumeSource.sizeLimit',
  'LimitRangeItem.default',
  'LimitRangeItem.defaultRequest',
  'LimitRangeItem.max',
  'LimitRangeItem.maxLimitRequestRatio',
  'LimitRangeItem.min',
  'NodeAllocatableResourceClaimStatus.resources',
  'NodeStatus.allocatable',
  'NodeStatus.capacity',
  'PersistentVolumeClaimStatus.allocatedResources',
  'PersistentVolumeClaimStatus.capacity',
  'PersistentVolumeSpec.capacity',
  'PodSpec.overhead',
  'PodStatus.allocatedResources',
  'ResourceFieldSelector.divisor',
  'ResourceQuotaSpec.hard',
  'ResourceQuotaStatus.hard',
  'ResourceQuotaStatus.used',
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
]);

/** Whether the field holds a quantity, or a map of quantities. */
export const isQuantity = (type: string, field: string): boolean => QUANTITIES.has(`${type}.${field}`);

/** Strings that have a type of their own in Go, which decoding errors name. */
const NAMED_STRINGS: Record<string, string> = {
  'Container.imagePullPolicy': 'v1.PullPolicy',
  'Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'ContainerPort.protocol': 'v1.Protocol',
  'CoreV1EndpointPort.protocol': 'v1.Protocol',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'DiscoveryV1EndpointPort.protocol': 'v1.Protocol',
  'EmptyDirVolumeSource.medium': 'v1.StorageMedium',
  'EndpointSlice.addressType': 'v1.AddressType',
  'HTTPGetAction.scheme': 'v1.URIScheme',
  'HostPathVolumeSource.type': 'v1.HostPathType',
  'LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'NamespaceStatus.phase': 'v1.NamespacePhase',
  'NodeSelectorRequirement.operator': 'v1.NodeSelectorOperator',
  'ObjectMeta.uid': 'types.UID',
  'ObjectReference.uid': 'types.UID',
  'OwnerReference.uid': 'types.UID',
  'PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'PodSpec.restartPolicy': 'v1.RestartPolicy',
  'PodStatus.phase': 'v1.PodPhase',
  'PodStatus.qosClass': 'v1.PodQOSClass',
  'Secret.type': 'v1.SecretType',
  'ServicePort.protocol': 'v1.Protocol',
  'ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy',
  'ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'ServiceSpec.type': 'v1.ServiceType',
  'Taint.effect': 'v1.TaintEffect',
  'Toleration.effect': 'v1.TaintEffect',
  'Toleration.operator': 'v1.TolerationOperator',
  'VolumeMount.mountPropagation': 'v1.MountPropagationMode',
};

export const stringType = (type: string, field: string): string =>
  NAMED_STRINGS[`${type}.${field}`] ?? 'string';

/** The Go name of a type in the schema: `CoreV1EndpointPort` → `EndpointPort`, `V2MetricSpec` → `MetricSpec`. */
export const goName = (type: string): string => type.replace(/^(?:[A-Z][a-z]+)?V\d(?=[A-Z])/, '');

/** With its package, as `%T` prints it. */
export const qualifiedGoName = (type: string): string =>
  `${/^(?:[A-Z][a-z]+)?(V2)(?=[A-Z])/.test(type) ? 'v2' : 'v1'}.${goName(type)}`;

/** The package of a group's internal types, which conversion errors name. */
export const internalPackage = (group: string): string => (group === '' ? 'core' : group.split('.')[0]!);
