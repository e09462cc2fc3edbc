import { startApiServiceRegistration } from './bootstrap/api-service-registration.ts';
import { startBootstrapController } from './bootstrap/bootstrap-controller.ts';
import { startDefaultConditions } from './bootstrap/default-conditions.ts';
import { startRbacBootstrap } from './bootstrap/rbac/rbac-controller.ts';
import { startCertificateCleaner } from './certificates/cleaner-controller.ts';
import { startCertificateSigner } from './certificates/signing-controller.ts';
import { startClusterRoleAggregation } from './clusterrole-aggregation/clusterrole-aggregation-controller.ts';
import type { ControllerContext, Running } from './context.ts';
import { startCustomResourceDefinitionController } from './custom-resource-definitions/custom-resource-definition-controller.ts';
import { startDeploymentController } from './deployment/deployment-controller.ts';
import { startDisruptionController } from './disruption/disruption-controller.ts';
import { startEndpointsController } from './endpoints/endpoints-controller.ts';
import { startEndpointSliceController } from './endpointslice/endpointslice-controller.ts';
import { startMirroringController } from './endpointslice/mirroring-controller.ts';
import { startEventTtlController } from './event-ttl/event-ttl-controller.ts';
import { startGarbageCollector } from './garbage-collector/garbage-collector-controller.ts';
import { startGatewayController } from './gateway/gateway-controller.ts';
import { startIngressController } from './ingress/ingress-controller.ts';
import { startNamespaceController } from './namespace/namespace-controller.ts';
import { startNodeIpamController } from './node-ipam/node-ipam-controller.ts';
import { startNodeLifecycleController } from './node-lifecycle/node-lifecycle-controller.ts';
import { startPodGcController } from './pod-gc/pod-gc-controller.ts';
import { startReplicaSetController, startReplicationController } from './replicaset/replicaset-controller.ts';
import { startResourceQuotaController } from './resource-quota/resource-quota-controller.ts';
import { startServiceCidrController } from './service-cidr/service-cidr-controller.ts';
import { startServiceLbController } from './service-lb/service-lb-controller.ts';
import { startClusterIpRepair } from './service-repair/cluster-ip-repair.ts';
import { startNodePortRepair } from './service-repair/node-port-repair.ts';
import { startServiceAccountController } from './serviceaccount/serviceaccount-controller.ts';
import { startTokenSecretsController } from './serviceaccount/token-secrets-controller.ts';
import { startTaintEvictionController } from './taint-eviction/taint-eviction-controller.ts';
import { startClaimProtection } from './volume-protection/claim-protection-controller.ts';
import { startVolumeProtection } from './volume-protection/volume-protection-controller.ts';

/** Every controller of the control plane. */
const CONTROLLERS: readonly ((context: ControllerContext) => Running)[] = [
  startBootstrapController,
  startRbacBootstrap,
  startApiServiceRegistration,
  startDefaultConditions,
  startClusterRoleAggregation,
  startCustomResourceDefinitionController,
  startServiceAccountController,
  startTokenSecretsController,
  startCertificateSigner,
  startCertificateCleaner,
  startDeploymentController,
  startReplicaSetController,
  startReplicationController,
  startDisruptionController,
  startEndpointsController,
  startEndpointSliceController,
  startMirroringController,
  startResourceQuotaController,
  startServiceCidrController,
  startClusterIpRepair,
  startNodePortRepair,
  startServiceLbController,
  startIngressController,
  startGatewayController,
  startNodeIpamController,
  startNodeLifecycleController,
  startTaintEvictionController,
  startPodGcController,
  startNamespaceController,
  startGarbageCollector,
  startClaimProtection,
  startVolumeProtection,
  startEventTtlController,
];

/** Starts all controllers. `stop` resolves when none of them works any more. */
export function startControllers(context: ControllerContext): Running {
  const running = CONTROLLERS.map((start) => start(context));
  return {
    async stop() {
      await Promise.all(running.map((controller) => controller.stop()));
    },
  };
}
