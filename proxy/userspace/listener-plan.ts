import type { Endpoint, ServicePort, ServicePortMap } from '../service-port.ts';

/** A socket that a Service's port wants on the node. */
export interface ListenerPlan {
  readonly protocol: 'TCP' | 'UDP';
  readonly ip: string;
  readonly port: number;
  readonly endpoints: readonly Endpoint[];
  readonly affinitySeconds: number;
  /** Whether connections are looked at for HTTP. */
  readonly mayBeHttp: boolean;
  /** `namespace/service:port` */
  readonly title: string;
}

export interface UserspacePlan {
  /** To be bound on the loopback device. */
  readonly addresses: ReadonlySet<string>;
  readonly listeners: ReadonlyMap<string, ListenerPlan>;
}

/** Ports that carry HTTP although nothing says so, by custom. */
const HTTP_PORTS = new Set([80, 8000, 8080]);

/**
 * Whether to look for HTTP: the port says so by `appProtocol` or its name, or it is one of those where HTTP is customary and nothing says
 * otherwise. It is only a hint: each connection is judged by its first bytes, and what is not HTTP is carried as it comes.
 */
const mayBeHttp = ({ appProtocol, port }: ServicePort): boolean =>
  appProtocol === ''
    ? HTTP_PORTS.has(port)
    : ['http', 'kubernetes.io/ws'].includes(appProtocol.toLowerCase());

/**
 * What to bind and where to listen. An address is bound also when nobody serves behind it, so that the kernel refuses connections to it at once.
 * `nodeAddresses`: UDP node ports listen on each, because a datagram's answer must come from the address that it was sent to.
 */
export function planListeners(services: ServicePortMap, nodeAddresses: readonly string[]): UserspacePlan {
  const addresses = new Set<string>();
  const listeners = new Map<string, ListenerPlan>();
  for (const port of services.values()) {
    // Node.js has no SCTP sockets.
    if (port.protocol === 'SCTP') continue;
    const { protocol } = port;
    const outside = port.externalTrafficLocal ? port.localEndpoints : port.endpoints;
    const listen = (ip: string, number: number, endpoints: readonly Endpoint[]): void => {
      const key = `${port.protocol} ${ip}:${number}`;
      if (endpoints.length > 0 && !listeners.has(key))
        listeners.set(key, toListener({ ...port, protocol }, ip, number, endpoints));
    };
    addresses.add(port.clusterIp);
    listen(port.clusterIp, port.port, port.internalTrafficLocal ? port.localEndpoints : port.endpoints);
    for (const ip of [...port.externalIps, ...port.loadBalancerIps]) {
      addresses.add(ip);
      listen(ip, port.port, outside);
    }
    if (port.nodePort === 0) continue;
    for (const ip of port.protocol === 'UDP' ? nodeAddresses : ['0.0.0.0'])
      listen(ip, port.nodePort, outside);
  }
  return { addresses, listeners };
}

function toListener(
  port: ServicePort & { readonly protocol: 'TCP' | 'UDP' },
  ip: string,
  number: number,
  endpoints: readonly Endpoint[],
): ListenerPlan {
  return {
    protocol: port.protocol,
    ip,
    port: number,
    endpoints,
    affinitySeconds: port.affinitySeconds,
    mayBeHttp: port.protocol === 'TCP' && mayBeHttp(port),
    title: `${port.namespace}/${port.service}:${port.portName}`,
  };
}
