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
import type { Strategy } from './strategy.ts';

export interface Strategies {
  /** The strategy of a resource, for objects of which only the common fields are known. */
  of(resource: Resource): Strategy;
}

type BuiltIn = { readonly [R in ResourceName]?: Strategy<Kinds[R]> };

/** The strategy of every built-in resource. */
const builtInStrategies = (services: ServiceAllocator): BuiltIn => ({
  certificatesigningrequests: certificateSigningRequestStrategy,
  clusterrolebindings: clusterRoleBindingStrategy,
  clusterroles: clusterRoleStrategy,
  configmaps: configMapStrategy,
  controllerrevisions: controllerRevisionStrategy,
  cronjobs: cronJobStrategy,
  customresourcedefinitions: customResourceDefinitionStrategy,
  daemonsets: daemonSetStrategy,
  deployments: deploymentStrategy,
  endpoints: endpointsStrategy,
  endpointslices: endpointSliceStrategy,
  events: eventStrategy,
  horizontalpodautoscalers: horizontalPodAutoscalerStrategy,
  jobs: jobStrategy,
  leases: leaseStrategy,
  limitranges: limitRangeStrategy,
  namespaces: namespaceStrategy,
  nodes: nodeStrategy,
  persistentvolumeclaims: persistentVolumeClaimStrategy,
  persistentvolumes: persistentVolumeStrategy,
  poddisruptionbudgets: podDisruptionBudgetStrategy,
  pods: podStrategy,
  podtemplates: podTemplateStrategy,
  priorityclasses: priorityClassStrategy,
  replicasets: replicaSetStrategy,
  replicationcontrollers: replicationControllerStrategy,
  resourcequotas: resourceQuotaStrategy,
  rolebindings: roleBindingStrategy,
  roles: roleStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: serviceStrategy(services),
  statefulsets: statefulSetStrategy,
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
