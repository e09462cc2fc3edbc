import type { ServicePort } from '../service-port.ts';

/** A valid port of a ClusterIP Service, and then changed; the endpoints of this node, and those that serve, follow from all endpoints unless given. */
export function aServicePort(changes: Partial<ServicePort> = {}): ServicePort {
  const { endpoints = [] } = changes;
  return {
    namespace: 'default',
    service: 'web',
    portName: '',
    protocol: 'TCP',
    family: 'IPv4',
    appProtocol: '',
    clusterIp: '10.96.0.20',
    port: 80,
    nodePort: 0,
    externalIps: [],
    loadBalancerIps: [],
    sourceRanges: [],
    affinitySeconds: 0,
    externalTrafficLocal: false,
    internalTrafficLocal: false,
    servingEndpoints: endpoints,
    localEndpoints: endpoints.filter((endpoint) => endpoint.local),
    ...changes,
    endpoints,
  };
}
