import { typeNames } from '#api/schema.ts';

/**
 * Kubernetes' definition names, `io.k8s.api.apps.v1.Deployment`, of the types in `api/gen/schema.json`, which have lost their packages.
 * By package; every type that is in none of these is `io.k8s.api.core.v1`.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  'io.k8s.api.admissionregistration.v1':
    'AdmissionregistrationV1ServiceReference AdmissionregistrationV1WebhookClientConfig ApplyConfiguration AuditAnnotation ExpressionWarning JSONPatch MatchCondition MatchResources MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingAdmissionPolicyBindingList MutatingAdmissionPolicyBindingSpec MutatingAdmissionPolicyList MutatingAdmissionPolicySpec MutatingWebhook MutatingWebhookConfiguration MutatingWebhookConfigurationList Mutation NamedRuleWithOperations ParamKind ParamRef RuleWithOperations TypeChecking ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingAdmissionPolicyBindingList ValidatingAdmissionPolicyBindingSpec ValidatingAdmissionPolicyList ValidatingAdmissionPolicySpec ValidatingAdmissionPolicyStatus ValidatingWebhook ValidatingWebhookConfiguration ValidatingWebhookConfigurationList Validation Variable',
  'io.k8s.api.apps.v1':
    'ControllerRevision ControllerRevisionList DaemonSet DaemonSetCondition DaemonSetList DaemonSetSpec DaemonSetStatus DaemonSetUpdateStrategy Deployment DeploymentCondition DeploymentList DeploymentSpec DeploymentStatus DeploymentStrategy ReplicaSet ReplicaSetCondition ReplicaSetList ReplicaSetSpec ReplicaSetStatus RollingUpdateDaemonSet RollingUpdateDeployment RollingUpdateStatefulSetStrategy StatefulSet StatefulSetCondition StatefulSetList StatefulSetOrdinals StatefulSetPersistentVolumeClaimRetentionPolicy StatefulSetSpec StatefulSetStatus StatefulSetUpdateStrategy',
  'io.k8s.api.authentication.v1':
    'AuthenticationV1TokenRequest BoundObjectReference SelfSubjectReview SelfSubjectReviewStatus TokenRequestSpec TokenRequestStatus TokenReview TokenReviewSpec TokenReviewStatus UserInfo',
  'io.k8s.api.authorization.v1':
    'FieldSelectorAttributes LabelSelectorAttributes LocalSubjectAccessReview NonResourceAttributes NonResourceRule ResourceAttributes ResourceRule SelfSubjectAccessReview SelfSubjectAccessReviewSpec SelfSubjectRulesReview SelfSubjectRulesReviewSpec SubjectAccessReview SubjectAccessReviewSpec SubjectAccessReviewStatus SubjectRulesReviewStatus',
  'io.k8s.api.autoscaling.v1':
    'CrossVersionObjectReference HorizontalPodAutoscaler HorizontalPodAutoscalerList HorizontalPodAutoscalerSpec HorizontalPodAutoscalerStatus Scale ScaleSpec ScaleStatus',
  'io.k8s.api.autoscaling.v2':
    'V2ContainerResourceMetricSource V2ContainerResourceMetricStatus V2CrossVersionObjectReference V2ExternalMetricSource V2ExternalMetricStatus V2HPAScalingPolicy V2HPAScalingRules V2HorizontalPodAutoscaler V2HorizontalPodAutoscalerBehavior V2HorizontalPodAutoscalerCondition V2HorizontalPodAutoscalerList V2HorizontalPodAutoscalerSpec V2HorizontalPodAutoscalerStatus V2MetricIdentifier V2MetricSpec V2MetricStatus V2MetricTarget V2MetricValueStatus V2ObjectMetricSource V2ObjectMetricStatus V2PodsMetricSource V2PodsMetricStatus V2ResourceMetricSource V2ResourceMetricStatus',
  'io.k8s.api.batch.v1':
    'CronJob CronJobList CronJobSpec CronJobStatus Job JobCondition JobList JobSpec JobStatus JobTemplateSpec PodFailurePolicy PodFailurePolicyOnExitCodesRequirement PodFailurePolicyOnPodConditionsPattern PodFailurePolicyRule SuccessPolicy SuccessPolicyRule UncountedTerminatedPods',
  'io.k8s.api.certificates.v1':
    'CertificateSigningRequest CertificateSigningRequestCondition CertificateSigningRequestList CertificateSigningRequestSpec CertificateSigningRequestStatus',
  'io.k8s.api.coordination.v1': 'Lease LeaseList LeaseSpec',
  'io.k8s.api.discovery.v1':
    'DiscoveryV1EndpointPort Endpoint EndpointConditions EndpointHints EndpointSlice EndpointSliceList ForNode ForZone',
  'io.k8s.api.events.v1': 'EventsV1Event EventsV1EventList EventsV1EventSeries',
  'io.k8s.api.flowcontrol.v1':
    'ExemptPriorityLevelConfiguration FlowDistinguisherMethod FlowSchema FlowSchemaCondition FlowSchemaList FlowSchemaSpec FlowSchemaStatus FlowcontrolV1Subject GroupSubject LimitResponse LimitedPriorityLevelConfiguration NonResourcePolicyRule PolicyRulesWithSubjects PriorityLevelConfiguration PriorityLevelConfigurationCondition PriorityLevelConfigurationList PriorityLevelConfigurationReference PriorityLevelConfigurationSpec PriorityLevelConfigurationStatus QueuingConfiguration ResourcePolicyRule ServiceAccountSubject UserSubject',
  'io.k8s.api.networking.v1':
    'HTTPIngressPath HTTPIngressRuleValue IPAddress IPAddressList IPAddressSpec IPBlock Ingress IngressBackend IngressClass IngressClassList IngressClassParametersReference IngressClassSpec IngressList IngressLoadBalancerIngress IngressLoadBalancerStatus IngressPortStatus IngressRule IngressServiceBackend IngressSpec IngressStatus IngressTLS NetworkPolicy NetworkPolicyEgressRule NetworkPolicyIngressRule NetworkPolicyList NetworkPolicyPeer NetworkPolicyPort NetworkPolicySpec ParentReference ServiceBackendPort ServiceCIDR ServiceCIDRList ServiceCIDRSpec ServiceCIDRStatus',
  'io.k8s.api.node.v1': 'Overhead RuntimeClass RuntimeClassList Scheduling',
  'io.k8s.api.policy.v1':
    'Eviction PodDisruptionBudget PodDisruptionBudgetList PodDisruptionBudgetSpec PodDisruptionBudgetStatus',
  'io.k8s.api.rbac.v1':
    'AggregationRule ClusterRole ClusterRoleBinding ClusterRoleBindingList ClusterRoleList PolicyRule RbacV1Subject Role RoleBinding RoleBindingList RoleList RoleRef',
  'io.k8s.api.resource.v1':
    'AllocatedDeviceStatus AllocationResult CELDeviceSelector CapacityRequestPolicy CapacityRequestPolicyRange CapacityRequirements Counter CounterSet Device DeviceAllocationConfiguration DeviceAllocationResult DeviceAttribute DeviceCapacity DeviceClaim DeviceClaimConfiguration DeviceClass DeviceClassConfiguration DeviceClassList DeviceClassSpec DeviceConstraint DeviceCounterConsumption DeviceRequest DeviceRequestAllocationResult DeviceSelector DeviceSubRequest DeviceTaint DeviceToleration ExactDeviceRequest NetworkDeviceData NodeAllocatableResourceMapping OpaqueDeviceConfiguration ResourceClaimConsumerReference ResourceClaimList ResourceClaimSpec ResourceClaimStatus ResourceClaimTemplate ResourceClaimTemplateList ResourceClaimTemplateSpec ResourcePool ResourceSlice ResourceSliceList ResourceSliceSpec ResourceV1ResourceClaim',
  'io.k8s.api.scheduling.v1': 'PriorityClass PriorityClassList',
  'io.k8s.api.storage.v1':
    'CSIDriver CSIDriverList CSIDriverSpec CSINode CSINodeDriver CSINodeList CSINodeSpec CSIStorageCapacity CSIStorageCapacityList StorageClass StorageClassList StorageV1TokenRequest VolumeAttachment VolumeAttachmentList VolumeAttachmentSource VolumeAttachmentSpec VolumeAttachmentStatus VolumeAttributesClass VolumeAttributesClassList VolumeError VolumeNodeResources',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1':
    'ApiextensionsV1ServiceReference ApiextensionsV1WebhookClientConfig CustomResourceColumnDefinition CustomResourceConversion CustomResourceDefinition CustomResourceDefinitionCondition CustomResourceDefinitionList CustomResourceDefinitionNames CustomResourceDefinitionSpec CustomResourceDefinitionStatus CustomResourceDefinitionVersion CustomResourceSubresourceScale CustomResourceSubresources CustomResourceValidation ExternalDocumentation JSONSchemaProps SelectableField ValidationRule WebhookConversion',
  'io.k8s.apimachinery.pkg.apis.meta.v1':
    'APIGroup APIResource APIResourceList Condition DeleteOptions FieldSelectorRequirement GroupVersionForDiscovery LabelSelector LabelSelectorRequirement ListMeta ManagedFieldsEntry ObjectMeta OwnerReference Preconditions ServerAddressByClientCIDR ShardInfo Status StatusCause StatusDetails WatchEvent',
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1':
    'APIService APIServiceCondition APIServiceList APIServiceSpec APIServiceStatus ApiregistrationV1ServiceReference',
};

const CORE = 'io.k8s.api.core.v1';

/** Types of one name in several groups carry their group and version in front; Kubernetes' names do not. */
const PREFIX =
  /^(Admissionregistration|Apiextensions|Apiregistration|Authentication|Core|Discovery|Events|Flowcontrol|Rbac|Resource|Storage)?V[12](?=[A-Z])/;

const packageOf = new Map(
  Object.entries(PACKAGES).flatMap(([name, types]) => types.split(' ').map((type) => [type, name] as const)),
);

/** The definition's name of a type, such as `DiscoveryV1EndpointPort` → `io.k8s.api.discovery.v1.EndpointPort`. */
export const definitionName = (type: string): string =>
  `${packageOf.get(type) ?? CORE}.${type.replace(PREFIX, '')}`;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Definitions that are not types of the schema but scalars with a meaning. */
/** The type that a definition stands for; undefined for those that no type of the schema is. */
export const typeOfDefinition = (definition: string): string | undefined => typeByDefinition.get(definition);

const typeByDefinition: ReadonlyMap<string, string> = new Map(
  typeNames().map((type) => [definitionName(type), type]),
);

export const TIME = `${META}.Time`;
export const MICRO_TIME = `${META}.MicroTime`;
export const FIELDS_V1 = `${META}.FieldsV1`;
export const PATCH = `${META}.Patch`;
export const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
export const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
export const JSON_VALUE = `${APIEXTENSIONS}.JSON`;
export const SCHEMA_OR_ARRAY = `${APIEXTENSIONS}.JSONSchemaPropsOrArray`;
export const SCHEMA_OR_BOOL = `${APIEXTENSIONS}.JSONSchemaPropsOrBool`;
export const SCHEMA_OR_STRINGS = `${APIEXTENSIONS}.JSONSchemaPropsOrStringArray`;
export const STATUS_SUBRESOURCE = `${APIEXTENSIONS}.CustomResourceSubresourceStatus`;
export const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
