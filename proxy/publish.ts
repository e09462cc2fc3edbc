import type { CoreV1Event } from '#api/gen/types.ts';
import { familyOf } from '#api/ip.ts';
import type { Liveness } from './liveness/watch-peers.ts';
import { entryNodes } from './load-balancer/speaker.ts';
import { rendezvous } from './rendezvous.ts';
import { serviceWarning } from './service-event.ts';
import type { ClusterState } from './state/cluster-state.ts';
import type { NodeInfo, ServiceInfo, ServiceInfoPort } from './state/objects.ts';

/** A port to be reached on the host as `localhost:port`. */
interface HostPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Where its traffic goes: one of each IP family that the Service has. */
  readonly targets: readonly { readonly ip: string; readonly port: number }[];
}

/** A Service's ports on the host: its node ports, and those of its load balancer. */
export interface HostService {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ports: readonly HostPort[];
}

/** A port that could not be had on the host. */
export interface Refusal {
  readonly service: HostService;
  readonly port: HostPort;
  readonly why: string;
}

/** Publishes ports on the host. Implemented on Docker by the agent. */
export interface PortPublisher {
  /**
   * Makes the host's ports be as wanted, as far as they are this node's to look after (`leads`, by `namespace/name`); others are left alone.
   * Of two Services that want one port, that which has it keeps it. Resolves with those that the host refused, which are not
   * tried again at once. `anew`: another node may have changed what this one did. Rejects when the engine could not be asked; the caller tries again. Calls do not overlap.
   */
  sync(
    wanted: readonly HostService[],
    leads: (service: string) => boolean,
    anew: boolean,
  ): Promise<readonly Refusal[]>;
}

/** Whether this node looks after the Service's ports: one node does, and another one when it fails. */
export const leadsService = (actingNodes: readonly string[], nodeName: string, service: string): boolean =>
  rendezvous(service, actingNodes) === nodeName;

/** Every port that somebody can take the traffic of, by Service. */
export function planHostPorts(state: ClusterState, liveness: Liveness): HostService[] {
  return [...state.services.values()]
    .filter(
      ({ ports, loadBalancerIps }) => loadBalancerIps.length > 0 || ports.some((one) => one.nodePort !== 0),
    )
    .flatMap((service): HostService[] => {
      const entry = rendezvous(`${service.namespace}/${service.name}`, entryNodes(state, service, liveness));
      const node = state.nodes.get(entry ?? '');
      const ports = node === undefined ? [] : hostPorts(service, node);
      const { namespace, name, uid } = service;
      return ports.length === 0 ? [] : [{ namespace, name, uid, ports }];
    })
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = ({ namespace, name }: HostService): string => `${namespace}/${name}`;

/** Node ports first: nobody else can want them. */
function hostPorts(service: ServiceInfo, node: NodeInfo): HostPort[] {
  const families = service.clusterIps.map(familyOf);
  const nodeIps = families.flatMap((family) => node.internalIps.find((ip) => familyOf(ip) === family) ?? []);
  const ports = service.ports.filter(({ protocol }) => protocol !== 'SCTP');
  const all = [
    ...ports.flatMap((one) => (one.nodePort === 0 ? [] : [hostPort(one, one.nodePort, nodeIps)])),
    ...ports.map((one) => hostPort(one, one.port, service.loadBalancerIps)),
  ].filter(({ targets }) => targets.length > 0);
  return all.filter(
    (one, index) =>
      all.findIndex((other) => other.port === one.port && other.protocol === one.protocol) === index,
  );
}

const hostPort = ({ protocol }: ServiceInfoPort, port: number, ips: readonly string[]): HostPort => ({
  protocol: protocol === 'UDP' ? 'udp' : 'tcp',
  port,
  targets: ips.map((ip) => ({ ip, port })),
});

/** `now`: milliseconds since the epoch. */
export function refusalEvent(
  { service, port, why }: Refusal,
  nodeName: string,
  now: number,
): Partial<CoreV1Event> {
  const where = port.targets.map(({ ip }) => ip).join(' and ');
  return serviceWarning({
    service,
    reason: 'HostPortNotPublished',
    message: `Cannot publish port ${port.port}/${port.protocol.toUpperCase()} on the host's localhost: ${why}. It still answers on ${where}.`,
    component: 'podlab-proxy',
    nodeName,
    now,
  });
}
