import type { EndpointSlice, Node, Service } from '#api/gen/types.ts';
import { canonicalIp, familyOf, type IpFamily } from '#api/ip.ts';

/** Services, EndpointSlices and Nodes cut down to what a node's proxy and DNS use: a node holds those of the whole cluster. */
export interface ServiceInfo {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  /** At most one of each IP family, the Service's primary family first; empty when headless or ExternalName. */
  readonly clusterIps: readonly string[];
  readonly headless: boolean;
  readonly externalName: string;
  /** Of both families. */
  readonly externalIps: readonly string[];
  /** Of both families: `status.loadBalancer.ingress` without those that a load balancer answers for itself (`ipMode: Proxy`). */
  readonly loadBalancerIps: readonly string[];
  /** CIDRs of both families: `spec.loadBalancerSourceRanges`. */
  readonly sourceRanges: readonly string[];
  /** Where every node says whether it has a ready endpoint; 0: nowhere (`NeedsHealthCheck` of pkg/api/v1/service). */
  readonly healthCheckNodePort: number;
  /** 0: no affinity. */
  readonly affinitySeconds: number;
  readonly externalTrafficLocal: boolean;
  readonly internalTrafficLocal: boolean;
  readonly publishNotReady: boolean;
  /** Nothing for this proxy, by a label of the Service: another proxy carries it, or nobody shall (kube-proxy's informers leave out both labels). */
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
  readonly family: IpFamily;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SliceEndpoint {
  /** All of the slice's family. */
  readonly addresses: readonly string[];
  readonly hostname: string;
  readonly nodeName: string;
  /** `namespace/name`; '' when it is not said to be a Pod's. */
  readonly pod: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The zones and nodes that should use it; empty: no hint. */
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

export interface NodeInfo {
  readonly name: string;
  /** Of both families, as the node names them. */
  readonly internalIps: readonly string[];
  /** '' when the node has no label `topology.kubernetes.io/zone`. */
  readonly zone: string;
  readonly ready: boolean;
  /** About to be deleted: load balancers should send it nothing new. */
  readonly leaving: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** v1.Service's own default (pkg/apis/core/v1/defaults.go). */
const AFFINITY_SECONDS = 10_800;
const FOREIGN_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** Of the cluster autoscaler, which kube-proxy knows. */
const LEAVING_TAINT = 'ToBeDeletedByClusterAutoscaler';
const ZONE_LABEL = 'topology.kubernetes.io/zone';

export const ofFamily = (ips: readonly string[], family: IpFamily): string[] =>
  ips.filter((ip) => familyOf(ip) === family);

/** Those that are addresses, each in its one spelling, so that they can be compared as text. */
const addresses = (texts: readonly (string | undefined)[] = []): string[] =>
  texts.flatMap((text = '') => {
    const family = familyOf(text);
    if (family === undefined) return [];
    return [family === 'IPv4' ? text : canonicalIp(text)];
  });

export function toServiceInfo(service: Service): ServiceInfo {
  const { metadata = {}, spec = {} } = service;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    type: spec.type ?? 'ClusterIP',
    clusterIps: spec.type === 'ExternalName' ? [] : addresses(spec.clusterIPs ?? [spec.clusterIP]),
    headless: spec.clusterIP === 'None',
    externalName: spec.type === 'ExternalName' ? (spec.externalName ?? '') : '',
    externalIps: addresses(spec.externalIPs),
    loadBalancerIps: loadBalancerIps(service),
    // Validation lets spaces around a range pass.
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()),
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
        ? (spec.healthCheckNodePort ?? 0)
        : 0,
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS)
        : 0,
    externalTrafficLocal: spec.externalTrafficPolicy === 'Local',
    internalTrafficLocal: spec.internalTrafficPolicy === 'Local',
    publishNotReady: spec.publishNotReadyAddresses === true,
    foreign: FOREIGN_LABELS.some((label) => metadata.labels?.[label] !== undefined),
    ports: (spec.ports ?? []).map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      appProtocol: port.appProtocol ?? '',
      port: port.port,
      nodePort: port.nodePort ?? 0,
    })),
  };
}

function loadBalancerIps({ spec, status }: Service): string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  const ingress = status?.loadBalancer?.ingress ?? [];
  return addresses(ingress.filter((one) => one.ipMode !== 'Proxy').map(({ ip }) => ip));
}

/** undefined: a slice of no Service, or not of addresses (FQDN). */
export function toSliceInfo(slice: EndpointSlice): SliceInfo | undefined {
  const service = slice.metadata?.labels?.[SERVICE_NAME_LABEL] ?? '';
  const family = slice.addressType;
  if (service === '' || (family !== 'IPv4' && family !== 'IPv6')) return undefined;
  return {
    namespace: slice.metadata?.namespace ?? '',
    name: slice.metadata?.name ?? '',
    service,
    family,
    ports: (slice.ports ?? []).flatMap(({ name, protocol, port = 0 }) =>
      port === 0 ? [] : [{ name: name ?? '', protocol: protocol ?? 'TCP', port }],
    ),
    endpoints: (slice.endpoints ?? []).map((endpoint) => toSliceEndpoint(endpoint, family)),
  };
}

const NO_HINTS: readonly string[] = [];

function toSliceEndpoint(
  endpoint: NonNullable<EndpointSlice['endpoints']>[number],
  family: IpFamily,
): SliceEndpoint {
  // "A nil value indicates an unknown state. In most cases consumers should interpret this as ready." (discovery/v1)
  const ready = endpoint.conditions?.ready ?? true;
  return {
    addresses: ofFamily(addresses(endpoint.addresses), family),
    hostname: endpoint.hostname ?? '',
    nodeName: endpoint.nodeName ?? '',
    pod: podOf(endpoint),
    ready,
    serving: endpoint.conditions?.serving ?? ready,
    terminating: endpoint.conditions?.terminating ?? false,
    forZones: endpoint.hints?.forZones?.map(({ name }) => name) ?? NO_HINTS,
    forNodes: endpoint.hints?.forNodes?.map(({ name }) => name) ?? NO_HINTS,
  };
}

const podOf = ({ targetRef }: NonNullable<EndpointSlice['endpoints']>[number]): string =>
  targetRef?.kind === 'Pod' ? `${targetRef.namespace ?? ''}/${targetRef.name ?? ''}` : '';

export const toNodeInfo = (node: Node): NodeInfo => ({
  name: node.metadata?.name ?? '',
  internalIps: addresses(
    node.status?.addresses?.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  ),
  zone: node.metadata?.labels?.[ZONE_LABEL] ?? '',
  ready: node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True',
  leaving:
    node.metadata?.deletionTimestamp !== undefined ||
    (node.spec?.taints ?? []).some(({ key }) => key === LEAVING_TAINT),
  annotations: node.metadata?.annotations ?? {},
});
