import type { EndpointSlice, Node, Service } from '#api/gen/types.ts';

/** Services, EndpointSlices and Nodes cut down to what a node's proxy and DNS use: a node holds those of the whole cluster. */
export interface ServiceInfo {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  /** '' when headless or ExternalName. */
  readonly clusterIp: string;
  readonly headless: boolean;
  readonly externalName: string;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  /** 0: no affinity. */
  readonly affinitySeconds: number;
  readonly externalTrafficLocal: boolean;
  readonly internalTrafficLocal: boolean;
  readonly publishNotReady: boolean;
  /** Another proxy looks after it: label `service.kubernetes.io/service-proxy-name`. */
  readonly foreign: boolean;
  readonly ports: readonly ServiceInfoPort[];
}

export interface ServiceInfoPort {
  readonly name: string;
  readonly protocol: string;
  readonly appProtocol: string;
  readonly port: number;
  readonly nodePort: number;
}

export interface SliceInfo {
  readonly namespace: string;
  readonly name: string;
  /** The Service's name. */
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly hostname: string;
  readonly nodeName: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export interface NodeInfo {
  readonly name: string;
  readonly internalIp: string;
  readonly ready: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** v1.Service's own default (pkg/apis/core/v1/defaults.go). */
const AFFINITY_SECONDS = 10_800;
const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

const isIpv4 = (text: string | undefined): text is string =>
  text !== undefined && /^(\d{1,3}\.){3}\d{1,3}$/.test(text);

export function toServiceInfo(service: Service): ServiceInfo {
  const { metadata = {}, spec = {}, status } = service;
  const ingress = status?.loadBalancer?.ingress ?? [];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    type: spec.type ?? 'ClusterIP',
    clusterIp: isIpv4(spec.clusterIP) ? spec.clusterIP : '',
    headless: spec.clusterIP === 'None',
    externalName: spec.type === 'ExternalName' ? (spec.externalName ?? '') : '',
    externalIps: (spec.externalIPs ?? []).filter(isIpv4),
    loadBalancerIps:
      spec.type === 'LoadBalancer'
        ? ingress.filter((one) => one.ipMode !== 'Proxy').flatMap((one) => (isIpv4(one.ip) ? [one.ip] : []))
        : [],
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS)
        : 0,
    externalTrafficLocal: spec.externalTrafficPolicy === 'Local',
    internalTrafficLocal: spec.internalTrafficPolicy === 'Local',
    publishNotReady: spec.publishNotReadyAddresses === true,
    foreign: metadata.labels?.[PROXY_NAME_LABEL] !== undefined,
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      appProtocol: port.appProtocol ?? '',
      port: port.port,
      nodePort: port.nodePort ?? 0,
    })),
  };
}

/** undefined: a slice of no Service, or not of IPv4 addresses. */
export function toSliceInfo(slice: EndpointSlice): SliceInfo | undefined {
  const service = slice.metadata?.labels?.[SERVICE_NAME_LABEL];
  if (service === undefined || slice.addressType !== 'IPv4') return undefined;
  return {
    namespace: slice.metadata?.namespace ?? '',
    name: slice.metadata?.name ?? '',
    service,
    ports: (slice.ports ?? []).flatMap((port) =>
      port.port === undefined
        ? []
        : [{ name: port.name ?? '', protocol: port.protocol ?? 'TCP', port: port.port }],
    ),
    endpoints: (slice.endpoints ?? []).map((endpoint) => {
      // "A nil value indicates an unknown state. In most cases consumers should interpret this as ready." (discovery/v1)
      const ready = endpoint.conditions?.ready ?? true;
      return {
        addresses: endpoint.addresses.filter(isIpv4),
        hostname: endpoint.hostname ?? '',
        nodeName: endpoint.nodeName ?? '',
        ready,
        serving: endpoint.conditions?.serving ?? ready,
        terminating: endpoint.conditions?.terminating ?? false,
      };
    }),
  };
}

export const toNodeInfo = (node: Node): NodeInfo => ({
  name: node.metadata?.name ?? '',
  internalIp: node.status?.addresses?.find((address) => address.type === 'InternalIP')?.address ?? '',
  ready: node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True',
  annotations: node.metadata?.annotations ?? {},
});
