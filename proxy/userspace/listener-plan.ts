import type { IpFamily } from '#api/ip.ts';
import { familyOf } from '#api/ip.ts';
import type { ServicePort, ServicePortMap } from '../service-port.ts';
import type { Entrance } from './backend.ts';

/** A socket that a Service's port wants on the node. */
export interface ListenerPlan {
  readonly protocol: 'TCP' | 'UDP';
  readonly family: IpFamily;
  readonly ip: string;
  readonly port: number;
  readonly entrance: Entrance;
  /** In the map of Services. */
  readonly serviceKey: string;
  /** Whether connections are looked at for HTTP. */
  readonly mayBeHttp: boolean;
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
const mayBeHttp = ({ protocol, appProtocol, port }: ServicePort): boolean =>
  protocol === 'TCP' &&
  (appProtocol === ''
    ? HTTP_PORTS.has(port)
    : ['http', 'kubernetes.io/ws'].includes(appProtocol.toLowerCase()));

/**
 * What to bind and where to listen. An address is bound also when nobody serves behind it, so that the kernel refuses connections to it at once.
 * `nodeAddresses`: node ports listen on each, not on the wildcard address, which would take the port from every Service's address.
 */
export function planListeners(services: ServicePortMap, nodeAddresses: readonly string[]): UserspacePlan {
  const addresses = new Set<string>();
  const listeners = new Map<string, ListenerPlan>();
  for (const [serviceKey, service] of services) {
    for (const ip of [service.clusterIp, ...service.externalIps, ...service.loadBalancerIps])
      addresses.add(ip);
    for (const { ip, port, entrance } of entrancesOf(service, nodeAddresses)) {
      const { protocol, family } = service;
      const key = `${protocol} ${ip}:${port}`;
      // Node.js has no SCTP sockets.
      if (protocol === 'SCTP' || listeners.has(key)) continue;
      const http = mayBeHttp(service);
      listeners.set(key, { protocol, family, ip, port, entrance, serviceKey, mayBeHttp: http });
    }
  }
  return { addresses, listeners };
}

/** Those behind which somebody serves. */
function entrancesOf(
  service: ServicePort,
  nodeAddresses: readonly string[],
): { ip: string; port: number; entrance: Entrance }[] {
  const { family, port, nodePort, endpoints, localEndpoints } = service;
  const inside = service.internalTrafficLocal ? localEndpoints : endpoints;
  const at = (entrance: Entrance, ips: readonly string[], number = port) =>
    ips.map((ip) => ({ ip, port: number, entrance }));
  const outside = [
    ...at('externalIP', service.externalIps),
    ...at('loadBalancer', service.loadBalancerIps),
    ...(nodePort === 0
      ? []
      : at(
          'nodePort',
          nodeAddresses.filter((ip) => familyOf(ip) === family),
          nodePort,
        )),
  ];
  return [
    ...(inside.length > 0 ? at('clusterIP', [service.clusterIp]) : []),
    ...(endpoints.length > 0 || localEndpoints.length > 0 ? outside : []),
  ];
}
