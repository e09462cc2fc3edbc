/** A Service's port and where it leads, on one node: everything a proxier needs, resolved from Services, EndpointSlices and Nodes. */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  /** '' when the port has no name. */
  readonly portName: string;
  readonly protocol: 'TCP' | 'UDP';
  /** `appProtocol`, or 'http' by the port's name: how userspace mode tells HTTP. */
  readonly appProtocol: string;
  readonly clusterIp: string;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  /** Addresses from `status.loadBalancer.ingress` and `externalIPs`. */
  readonly externalIps: readonly string[];
  /** 0: no affinity. */
  readonly affinitySeconds: number;
  readonly externalTrafficLocal: boolean;
  readonly internalTrafficLocal: boolean;
  /** Ready endpoints (or, when none is ready, those that terminate and still serve), sorted. */
  readonly endpoints: readonly Endpoint[];
  /** The same among the endpoints on this node alone: what a traffic policy `Local` may use. */
  readonly localEndpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string;
  /** On this node. */
  readonly local: boolean;
}

/** By `namespace/service:portName`. */
export type ServicePortMap = ReadonlyMap<string, ServicePort>;
