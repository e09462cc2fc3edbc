import type { EndpointSlice, Node, Service, ServicePort } from '#api/gen/types.ts';

/** A Service as the control plane sends it: valid, and then changed. */
export const aService = (
  name: string,
  spec: Service['spec'] = {},
  rest: Partial<Service> = {},
): Service & { kind: string } => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { namespace: 'default', name, uid: `uid-${name}`, ...rest.metadata },
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.20',
    ports: [aPort()],
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ...spec,
  },
  status: rest.status ?? { loadBalancer: {} },
});

export const aPort = (changes: Partial<ServicePort> = {}): ServicePort => ({
  port: 80,
  protocol: 'TCP',
  targetPort: 8080,
  ...changes,
});

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

export const aSlice = (
  service: string,
  endpoints: readonly (Partial<SliceEndpoint> & { ip: string })[],
  ports: EndpointSlice['ports'] = [{ name: '', protocol: 'TCP', port: 8080 }],
  name = `${service}-1`,
): EndpointSlice & { kind: string } => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  addressType: endpoints[0]?.ip.includes(':') === true ? 'IPv6' : 'IPv4',
  metadata: { namespace: 'default', name, labels: { 'kubernetes.io/service-name': service } },
  endpoints: endpoints.map(({ ip, ...rest }) => ({
    addresses: [ip],
    nodeName: 'node1',
    conditions: { ready: true, serving: true, terminating: false },
    ...rest,
  })),
  ports,
});

export const aNode = (name: string, internalIp: string, ready = true): Node & { kind: string } => ({
  kind: 'Node',
  apiVersion: 'v1',
  metadata: { name },
  status: {
    addresses: [{ type: 'InternalIP', address: internalIp }],
    conditions: [
      {
        type: 'Ready',
        status: ready ? 'True' : 'False',
      },
    ],
  },
});
