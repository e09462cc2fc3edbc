import type { ServiceSpec } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { isExternallyAccessible } from './needs.ts';

const STICKY_SECONDS = 10800;

/** `SetDefaults_Service` in pkg/apis/core/v1/defaults.go. */
export function defaultService(service: Kinds['services']): void {
  const spec = (service.spec ??= {});
  dropEmpty(spec);
  spec.type ||= 'ClusterIP';
  defaultAffinity(spec);
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') {
      port.targetPort = port.port;
    }
  }
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  service.status ??= { loadBalancer: {} };
  service.status.loadBalancer ??= {};
  if (spec.type === 'LoadBalancer') {
    for (const ingress of service.status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
  }
}

function defaultAffinity(spec: ServiceSpec): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= STICKY_SECONDS;
  }
}

/** What is empty is not there, as when Go reads and writes it. */
function dropEmpty(spec: ServiceSpec): void {
  if (spec.clusterIP === '') delete spec.clusterIP;
  if (spec.clusterIPs?.length === 0) delete spec.clusterIPs;
  if (spec.ipFamilies?.length === 0) delete spec.ipFamilies;
  if (spec.externalTrafficPolicy === '') delete spec.externalTrafficPolicy;
  if (spec.healthCheckNodePort === 0) delete spec.healthCheckNodePort;
  for (const port of spec.ports ?? []) if (port.nodePort === 0) delete port.nodePort;
}
