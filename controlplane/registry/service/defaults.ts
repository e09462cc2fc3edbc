import type { ServiceSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';

const STICKY_SECONDS = 10800;

/** `SetDefaults_Service` in pkg/apis/core/v1/defaults.go. */
export function defaultService(service: Kinds['services']): void {
  const spec = (service.spec ??= {});
  spec.type ??= 'ClusterIP';
  defaultAffinity(spec);
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') {
      port.targetPort = port.port;
    }
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  alignClusterIps(spec);
  service.status ??= { loadBalancer: {} };
  service.status.loadBalancer ??= {};
}

function defaultAffinity(spec: ServiceSpec): void {
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= STICKY_SECONDS;
  }
}

export const isExternallyAccessible = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' ||
  spec.type === 'LoadBalancer' ||
  (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);

/** `clusterIP` is the first of `clusterIPs`; a client may give either. */
function alignClusterIps(spec: ServiceSpec): void {
  if (spec.clusterIP !== undefined && spec.clusterIPs === undefined) spec.clusterIPs = [spec.clusterIP];
}
