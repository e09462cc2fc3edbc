import type { IpFamily } from '#api/ip.ts';

/**
 * A Service's port in one IP family and where it leads, on one node: everything a proxier needs, resolved from Services, EndpointSlices and
 * Nodes. All addresses are of this family.
 */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  /** '' when the port has no name. */
  readonly portName: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly family: IpFamily;
  /** `appProtocol`, or 'http' by the port's name: how userspace mode tells HTTP. */
  readonly appProtocol: string;
  readonly clusterIp: string;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  /** `spec.externalIPs`. */
  readonly externalIps: readonly string[];
  /** From `status.loadBalancer.ingress`. */
  readonly loadBalancerIps: readonly string[];
  /** Who may use `loadBalancerIps`; empty: everybody. CIDRs of this family: one that is not named is open, as in kube-proxy. */
  readonly sourceRanges: readonly string[];
  /** 0: no affinity. */
  readonly affinitySeconds: number;
  readonly externalTrafficLocal: boolean;
  readonly internalTrafficLocal: boolean;
  /**
   * Ready endpoints (or, when none is ready, those that terminate and still serve), sorted; under `trafficDistribution` those of them that
   * this node is to use.
   */
  readonly endpoints: readonly Endpoint[];
  /** The same among the endpoints on this node alone: what a traffic policy `Local` may use. */
  readonly localEndpoints: readonly Endpoint[];
  /** All that serve, whatever policies and hints say and also while they terminate: what began with one of them may go on. */
  readonly servingEndpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string;
  /** On this node. */
  readonly local: boolean;
  /** `namespace/name` of the Pod, where the EndpointSlice says that it is one: for records only. */
  readonly pod?: string;
}

/** By `namespace/service:portName/family`. */
export type ServicePortMap = ReadonlyMap<string, ServicePort>;
