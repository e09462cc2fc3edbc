import type { Kinds, Resource, ResourceName } from '#api/resources.ts';
import type { ServiceAllocator } from '../allocation/service-allocator.ts';
import { customResourceDefinitionStrategy } from './apiextensions/custom-resource-definition.ts';
import { controllerRevisionStrategy } from './apps/controller-revision.ts';
import { daemonSetStrategy } from './apps/daemon-set.ts';
import { statefulSetStrategy } from './apps/stateful-set.ts';
import { horizontalPodAutoscalerStrategy } from './autoscaling/horizontal-pod-autoscaler.ts';
import { cronJobStrategy } from './batch/cron-job.ts';
import { jobStrategy } from './batch/job.ts';
import { limitRangeStrategy } from './core/limit-range.ts';
import { persistentVolumeClaimStrategy } from './core/persistent-volume-claim.ts';
import { persistentVolumeStrategy } from './core/persistent-volume.ts';
import { podTemplateStrategy } from './core/pod-template.ts';
import { replicationControllerStrategy } from './core/replication-controller.ts';
import { resourceQuotaStrategy } from './core/resource-quota.ts';
import { podDisruptionBudgetStrategy } from './policy/pod-disruption-budget.ts';
import { certificateSigningRequestStrategy } from './certificates/certificate-signing-request.ts';
import { configMapStrategy } from './core/config-map.ts';
import { deploymentStrategy } from './apps/deployment.ts';
import { endpointSliceStrategy } from './discovery/endpoint-slice.ts';
import { endpointsStrategy } from './core/endpoints.ts';
import { eventStrategy } from './core/event.ts';
import { leaseStrategy } from './coordination/lease.ts';
import { namespaceStrategy } from './core/namespace.ts';
import { nodeStrategy } from './core/node.ts';
import { podStrategy } from './core/pod.ts';
import { replicaSetStrategy } from './apps/replica-set.ts';
import { clusterRoleBindingStrategy, roleBindingStrategy } from './rbac/role-binding.ts';
import { clusterRoleStrategy, roleStrategy } from './rbac/role.ts';
import { priorityClassStrategy } from './scheduling/priority-class.ts';
import { secretStrategy } from './core/secret.ts';
import { serviceAccountStrategy } from './core/service-account.ts';
import { serviceStrategy } from './core/service.ts';
import { customStrategy } from '../custom/strategy.ts';
import {
  mutatingAdmissionPolicyStrategy,
  validatingAdmissionPolicyStrategy,
} from './admissionregistration/admission-policy.ts';
import {
  mutatingAdmissionPolicyBindingStrategy,
  validatingAdmissionPolicyBindingStrategy,
} from './admissionregistration/admission-policy-binding.ts';
import {
  mutatingWebhookConfigurationStrategy,
  validatingWebhookConfigurationStrategy,
} from './admissionregistration/webhook-configuration.ts';
import { apiServiceStrategy } from './apiregistration/api-service.ts';
import { flowSchemaStrategy } from './flowcontrol/flow-schema.ts';
import { priorityLevelConfigurationStrategy } from './flowcontrol/priority-level-configuration.ts';
import { ingressStrategy } from './networking/ingress.ts';
import { ingressClassStrategy } from './networking/ingress-class.ts';
import { ipAddressStrategy } from './networking/ip-address.ts';
import { networkPolicyStrategy } from './networking/network-policy.ts';
import { serviceCidrStrategy } from './networking/service-cidr.ts';
import { runtimeClassStrategy } from './node/runtime-class.ts';
import { deviceClassStrategy } from './resource/device-class.ts';
import { resourceClaimStrategy } from './resource/resource-claim.ts';
import { resourceClaimTemplateStrategy } from './resource/resource-claim-template.ts';
import { resourceSliceStrategy } from './resource/resource-slice.ts';
import { csiDriverStrategy } from './storage/csi-driver.ts';
import { csiNodeStrategy } from './storage/csi-node.ts';
import { csiStorageCapacityStrategy } from './storage/csi-storage-capacity.ts';
import { storageClassStrategy } from './storage/storage-class.ts';
import { volumeAttachmentStrategy } from './storage/volume-attachment.ts';
import { volumeAttributesClassStrategy } from './storage/volume-attributes-class.ts';
import type { Strategy } from './strategy.ts';

export interface Strategies {
  /** The strategy of a resource, for objects of which only the common fields are known. */
  of(resource: Resource): Strategy;
}

type BuiltIn = { readonly [R in ResourceName]?: Strategy<Kinds[R]> };

/** The strategy of every built-in resource. */
const builtInStrategies = (services: ServiceAllocator): BuiltIn => ({
  apiservices: apiServiceStrategy,
  certificatesigningrequests: certificateSigningRequestStrategy,
  clusterrolebindings: clusterRoleBindingStrategy,
  clusterroles: clusterRoleStrategy,
  configmaps: configMapStrategy,
  controllerrevisions: controllerRevisionStrategy,
  cronjobs: cronJobStrategy,
  csidrivers: csiDriverStrategy,
  csinodes: csiNodeStrategy,
  csistoragecapacities: csiStorageCapacityStrategy,
  customresourcedefinitions: customResourceDefinitionStrategy,
  daemonsets: daemonSetStrategy,
  deployments: deploymentStrategy,
  deviceclasses: deviceClassStrategy,
  endpoints: endpointsStrategy,
  endpointslices: endpointSliceStrategy,
  events: eventStrategy,
  flowschemas: flowSchemaStrategy,
  horizontalpodautoscalers: horizontalPodAutoscalerStrategy,
  ingressclasses: ingressClassStrategy,
  ingresses: ingressStrategy,
  ipaddresses: ipAddressStrategy(services.clusterIps),
  jobs: jobStrategy,
  leases: leaseStrategy,
  limitranges: limitRangeStrategy,
  mutatingadmissionpolicies: mutatingAdmissionPolicyStrategy,
  mutatingadmissionpolicybindings: mutatingAdmissionPolicyBindingStrategy,
  mutatingwebhookconfigurations: mutatingWebhookConfigurationStrategy,
  namespaces: namespaceStrategy,
  networkpolicies: networkPolicyStrategy,
  nodes: nodeStrategy,
  persistentvolumeclaims: persistentVolumeClaimStrategy,
  persistentvolumes: persistentVolumeStrategy,
  poddisruptionbudgets: podDisruptionBudgetStrategy,
  pods: podStrategy,
  podtemplates: podTemplateStrategy,
  priorityclasses: priorityClassStrategy,
  prioritylevelconfigurations: priorityLevelConfigurationStrategy,
  replicasets: replicaSetStrategy,
  replicationcontrollers: replicationControllerStrategy,
  resourceclaims: resourceClaimStrategy,
  resourceclaimtemplates: resourceClaimTemplateStrategy,
  resourcequotas: resourceQuotaStrategy,
  resourceslices: resourceSliceStrategy,
  rolebindings: roleBindingStrategy,
  roles: roleStrategy,
  runtimeclasses: runtimeClassStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  servicecidrs: serviceCidrStrategy,
  services: serviceStrategy(services),
  statefulsets: statefulSetStrategy,
  storageclasses: storageClassStrategy,
  validatingadmissionpolicies: validatingAdmissionPolicyStrategy,
  validatingadmissionpolicybindings: validatingAdmissionPolicyBindingStrategy,
  validatingwebhookconfigurations: validatingWebhookConfigurationStrategy,
  volumeattachments: volumeAttachmentStrategy,
  volumeattributesclasses: volumeAttributesClassStrategy,
});

/** Of a kind that has no rules of its own. */
const PLAIN: Strategy = {};

export function createStrategies(services: ServiceAllocator): Strategies {
  const builtIn = builtInStrategies(services) as { readonly [storage: string]: Strategy | undefined };
  return {
    of: ({ storage, custom }) =>
      custom !== undefined
        ? customStrategy(custom)
        : ((Object.hasOwn(builtIn, storage) ? builtIn[storage] : undefined) ?? PLAIN),
  };
}
