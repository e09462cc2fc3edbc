/** What Kubernetes' OpenAPI documents say of fields and the generated schema does not hold, by type and field. */

const SIGNALS =
  'SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ';

/** The values that a string, or each string of a list, may have. */
const ENUMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AppArmorProfile: { type: 'Localhost|RuntimeDefault|Unconfined' },
  AzureDiskVolumeSource: { cachingMode: 'None|ReadOnly|ReadWrite', kind: 'Dedicated|Managed|Shared' },
  CertificateSigningRequestSpec: {
    usages:
      'any|cert sign|client auth|code signing|content commitment|crl sign|data encipherment|decipher only|digital signature|email protection|encipher only|ipsec end system|ipsec tunnel|ipsec user|key agreement|key encipherment|microsoft sgc|netscape sgc|ocsp signing|s/mime|server auth|signing|timestamping',
  },
  Container: {
    imagePullPolicy: 'Always|IfNotPresent|Never',
    terminationMessagePolicy: 'FallbackToLogsOnError|File',
  },
  ContainerPort: { protocol: 'SCTP|TCP|UDP' },
  ContainerStatus: { stopSignal: SIGNALS },
  CoreV1EndpointPort: { protocol: 'SCTP|TCP|UDP' },
  CronJobSpec: { concurrencyPolicy: 'Allow|Forbid|Replace' },
  DaemonSetUpdateStrategy: { type: 'OnDelete|RollingUpdate' },
  DeploymentStrategy: { type: 'Recreate|RollingUpdate' },
  DeviceAllocationConfiguration: { source: 'FromClaim|FromClass' },
  DeviceSubRequest: { allocationMode: 'All|ExactCount' },
  DeviceTaint: { effect: 'NoExecute|NoSchedule|None' },
  DeviceToleration: { effect: 'NoExecute|NoSchedule|None', operator: 'Equal|Exists' },
  DiscoveryV1EndpointPort: { protocol: 'SCTP|TCP|UDP' },
  EndpointSlice: { addressType: 'FQDN|IPv4|IPv6' },
  EphemeralContainer: {
    imagePullPolicy: 'Always|IfNotPresent|Never',
    terminationMessagePolicy: 'FallbackToLogsOnError|File',
  },
  ExactDeviceRequest: { allocationMode: 'All|ExactCount' },
  HTTPGetAction: { scheme: 'HTTP|HTTPS' },
  HTTPIngressPath: { pathType: 'Exact|ImplementationSpecific|Prefix' },
  HostPathVolumeSource: {
    type: '|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket',
  },
  ImageVolumeSource: { pullPolicy: 'Always|IfNotPresent|Never' },
  IngressPortStatus: { protocol: 'SCTP|TCP|UDP' },
  JobSpec: { completionMode: 'Indexed|NonIndexed', podReplacementPolicy: 'Failed|TerminatingOrFailed' },
  Lifecycle: { stopSignal: SIGNALS },
  MatchResources: { matchPolicy: 'Equivalent|Exact' },
  ModifyVolumeStatus: { status: 'InProgress|Infeasible|Pending' },
  MutatingAdmissionPolicySpec: { failurePolicy: 'Fail|Ignore', reinvocationPolicy: 'IfNeeded|Never' },
  MutatingWebhook: {
    failurePolicy: 'Fail|Ignore',
    matchPolicy: 'Equivalent|Exact',
    reinvocationPolicy: 'IfNeeded|Never',
    sideEffects: 'None|NoneOnDryRun|Some|Unknown',
  },
  Mutation: { patchType: 'ApplyConfiguration|JSONPatch' },
  NamedRuleWithOperations: { operations: '*|CONNECT|CREATE|DELETE|UPDATE', scope: '*|Cluster|Namespaced' },
  NamespaceStatus: { phase: 'Active|Terminating' },
  NetworkPolicyPort: { protocol: 'SCTP|TCP|UDP' },
  NetworkPolicySpec: { policyTypes: 'Egress|Ingress' },
  NodeSelectorRequirement: { operator: 'DoesNotExist|Exists|Gt|In|Lt|NotIn' },
  NodeStatus: { phase: 'Pending|Running|Terminated' },
  PersistentVolumeClaimSpec: {
    accessModes: 'ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod',
    volumeMode: 'Block|Filesystem',
  },
  PersistentVolumeClaimStatus: {
    accessModes: 'ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod',
    allocatedResourceStatuses:
      'ControllerResizeInProgress|ControllerResizeInfeasible|NodeResizeInProgress|NodeResizeInfeasible|NodeResizePending',
    phase: 'Bound|Lost|Pending',
  },
  PersistentVolumeSpec: {
    accessModes: 'ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod',
    persistentVolumeReclaimPolicy: 'Delete|Recycle|Retain',
    volumeMode: 'Block|Filesystem',
  },
  PersistentVolumeStatus: { phase: 'Available|Bound|Failed|Pending|Released' },
  PodDisruptionBudgetSpec: { unhealthyPodEvictionPolicy: 'AlwaysAllow|IfHealthyBudget' },
  PodFailurePolicyOnExitCodesRequirement: { operator: 'In|NotIn' },
  PodFailurePolicyRule: { action: 'Count|FailIndex|FailJob|Ignore' },
  PodSecurityContext: {
    fsGroupChangePolicy: 'Always|OnRootMismatch',
    supplementalGroupsPolicy: 'Merge|Strict',
  },
  PodSpec: {
    dnsPolicy: 'ClusterFirst|ClusterFirstWithHostNet|Default|None',
    preemptionPolicy: 'Never|PreemptLowerPriority',
    restartPolicy: 'Always|Never|OnFailure',
  },
  PodStatus: {
    phase: 'Failed|Pending|Running|Succeeded|Unknown',
    qosClass: 'BestEffort|Burstable|Guaranteed',
  },
  PortStatus: { protocol: 'SCTP|TCP|UDP' },
  PriorityClass: { preemptionPolicy: 'Never|PreemptLowerPriority' },
  ResourceQuotaSpec: {
    scopes:
      'BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass',
  },
  RuleWithOperations: { operations: '*|CONNECT|CREATE|DELETE|UPDATE', scope: '*|Cluster|Namespaced' },
  ScopedResourceSelectorRequirement: {
    operator: 'DoesNotExist|Exists|In|NotIn',
    scopeName:
      'BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass',
  },
  SeccompProfile: { type: 'Localhost|RuntimeDefault|Unconfined' },
  SecurityContext: { procMount: 'Default|Unmasked' },
  ServicePort: { protocol: 'SCTP|TCP|UDP' },
  ServiceSpec: {
    externalTrafficPolicy: 'Cluster|Local',
    internalTrafficPolicy: 'Cluster|Local',
    ipFamilies: '|IPv4|IPv6',
    ipFamilyPolicy: 'PreferDualStack|RequireDualStack|SingleStack',
    sessionAffinity: 'ClientIP|None',
    type: 'ClusterIP|ExternalName|LoadBalancer|NodePort',
  },
  StatefulSetSpec: { podManagementPolicy: 'OrderedReady|Parallel' },
  StatefulSetUpdateStrategy: { type: 'OnDelete|RollingUpdate' },
  StorageClass: {
    reclaimPolicy: 'Delete|Recycle|Retain',
    volumeBindingMode: 'Immediate|WaitForFirstConsumer',
  },
  Taint: { effect: 'NoExecute|NoSchedule|PreferNoSchedule' },
  Toleration: { effect: 'NoExecute|NoSchedule|PreferNoSchedule', operator: 'Equal|Exists|Gt|Lt' },
  TopologySpreadConstraint: {
    nodeAffinityPolicy: 'Honor|Ignore',
    nodeTaintsPolicy: 'Honor|Ignore',
    whenUnsatisfiable: 'DoNotSchedule|ScheduleAnyway',
  },
  ValidatingAdmissionPolicyBindingSpec: { validationActions: 'Audit|Deny|Warn' },
  ValidatingAdmissionPolicySpec: { failurePolicy: 'Fail|Ignore' },
  ValidatingWebhook: {
    failurePolicy: 'Fail|Ignore',
    matchPolicy: 'Equivalent|Exact',
    sideEffects: 'None|NoneOnDryRun|Some|Unknown',
  },
  ValidationRule: { reason: 'FieldValueDuplicate|FieldValueForbidden|FieldValueInvalid|FieldValueRequired' },
  VolumeMount: { mountPropagation: 'Bidirectional|HostToContainer|None' },
};

/** Defaults other than Go's zero values. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>> = {
  AzureDiskVolumeSource: { cachingMode: 'ReadWrite', fsType: 'ext4', kind: 'Shared', readOnly: false },
  ConfigMapEnvSource: { name: '' },
  ConfigMapKeySelector: { name: '' },
  ConfigMapProjection: { name: '' },
  ConfigMapVolumeSource: { name: '' },
  ContainerPort: { protocol: 'TCP' },
  CoreV1Event: { reportingComponent: '', reportingInstance: '' },
  DeviceToleration: { operator: 'Equal' },
  FileKeySelector: { optional: false },
  FlowSchemaSpec: { matchingPrecedence: 0 },
  GRPCAction: { service: '' },
  ISCSIPersistentVolumeSource: { iscsiInterface: 'default' },
  ISCSIVolumeSource: { iscsiInterface: 'default' },
  LocalObjectReference: { name: '' },
  NodeRuntimeHandler: { name: '' },
  PodDisruptionBudgetStatus: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  PodFailurePolicyOnPodConditionsPattern: { status: '' },
  PriorityClass: { value: 0 },
  QueuingConfiguration: { handSize: 0, queueLengthLimit: 0, queues: 0 },
  RBDPersistentVolumeSource: { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  RBDVolumeSource: { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  ReplicationControllerSpec: { replicas: 1, minReadySeconds: 0 },
  RoleRef: { apiGroup: '' },
  ScaleIOPersistentVolumeSource: { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  ScaleIOVolumeSource: { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  ScaleSpec: { replicas: 0 },
  SecretEnvSource: { name: '' },
  SecretKeySelector: { name: '' },
  SecretProjection: { name: '' },
  ServicePort: { protocol: 'TCP' },
  StatefulSetOrdinals: { start: 0 },
  StatefulSetSpec: { serviceName: '' },
  StatefulSetStatus: { availableReplicas: 0 },
  TokenRequestStatus: { token: '' },
  WatchEvent: { type: '' },
};

/** Fields that are required, but not written when they are empty. */
const OMITTED_WHEN_ZERO: Readonly<Record<string, readonly string[]>> = {
  ContainerRestartRule: ['action'],
  ContainerRestartRuleOnExitCodes: ['operator'],
  ImageVolumeStatus: ['imageRef'],
  ParentReference: ['name', 'resource'],
  PodCertificateProjection: ['keyType', 'signerName'],
  TokenReviewSpec: ['token'],
  ValidatingAdmissionPolicyBindingSpec: ['policyName'],
};

export const isOmittedWhenZero = (type: string, field: string): boolean =>
  own(OMITTED_WHEN_ZERO, type)?.includes(field) ?? false;

interface Union {
  readonly discriminator?: string;
  /** The fields of which one is set, with the discriminator's values. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Types of which one of several fields is set. */
const UNIONS: Readonly<Record<string, Union>> = {
  AppArmorProfile: { discriminator: 'type', fields: { localhostProfile: 'LocalhostProfile' } },
  FlowcontrolV1Subject: {
    discriminator: 'kind',
    fields: { group: 'Group', serviceAccount: 'ServiceAccount', user: 'User' },
  },
  LimitResponse: { discriminator: 'type', fields: { queuing: 'Queuing' } },
  PodSchedulingGroup: { fields: { podGroupName: 'PodGroupName' } },
  PriorityLevelConfigurationSpec: {
    discriminator: 'type',
    fields: { exempt: 'Exempt', limited: 'Limited' },
  },
  SeccompProfile: { discriminator: 'type', fields: { localhostProfile: 'LocalhostProfile' } },
};

/** `x-kubernetes-unions` of a type. */
export function unionsOf(type: string): { readonly [keyword: string]: unknown } {
  const union = own(UNIONS, type);
  if (union === undefined) return {};
  const { fields, ...discriminator } = union;
  return { 'x-kubernetes-unions': [{ ...discriminator, 'fields-to-discriminateBy': fields }] };
}

export const enumOf = (type: string, field: string): readonly string[] | undefined =>
  own(ENUMS[type], field)?.split('|');

export const defaultOf = (type: string, field: string): string | number | boolean | undefined =>
  own(DEFAULTS[type], field);

const own = <T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
