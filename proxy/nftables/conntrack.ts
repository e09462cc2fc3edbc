import type { IpFamily } from '#api/ip.ts';
import type { Endpoint, ServicePort, ServicePortMap } from '../service-port.ts';

/** One UDP flow, as `conntrack -L` prints it: where it was sent, and who answers (the destination itself when nothing was translated). */
export interface UdpFlow {
  readonly destination: string;
  readonly destinationPort: number;
  readonly endpoint: string;
  readonly endpointPort: number;
}

const FLOW = /^udp\s.*?src=\S+ dst=(\S+) sport=\d+ dport=(\d+).*?src=(\S+) dst=\S+ sport=(\d+) dport=\d+/;

/** Undefined: the line tells of nothing that Services are about. */
export function parseFlow(line: string): UdpFlow | undefined {
  const match = FLOW.exec(line);
  if (match === null) return undefined;
  const [, destination = '', destinationPort, endpoint = '', endpointPort] = match;
  return {
    destination,
    destinationPort: Number(destinationPort),
    endpoint,
    endpointPort: Number(endpointPort),
  };
}

/**
 * Tells which flows to a Service's UDP port lead elsewhere than to an endpoint that serves it: to one that is gone, or nowhere because there was
 * none when they began. A TCP connection to a dead endpoint ends by itself; the kernel would go on sending a UDP client's packets there as
 * long as they come. Policies and hints do not end a flow to an endpoint that serves (kube-proxy `pkg/proxy/conntrack/cleanup.go`).
 */
export class StaleFlows {
  readonly #serving = new Map<string, ReadonlySet<string>>();
  readonly #servingNodePorts = new Map<number, ReadonlySet<string>>();
  readonly #nodeIps: ReadonlySet<string>;

  /** `nodeIps`: every address of this node, where NodePorts are. */
  constructor(services: ServicePortMap, family: IpFamily, nodeIps: ReadonlySet<string>) {
    this.#nodeIps = nodeIps;
    for (const port of services.values()) {
      if (port.protocol !== 'UDP' || port.family !== family) continue;
      const serving = new Set(port.servingEndpoints.map(addressOf));
      for (const ip of frontendIps(port)) this.#serving.set(`${ip} ${port.port}`, serving);
      if (port.nodePort !== 0) this.#servingNodePorts.set(port.nodePort, serving);
    }
  }

  get any(): boolean {
    return this.#serving.size > 0;
  }

  has(flow: UdpFlow): boolean {
    const { destination, destinationPort } = flow;
    const serving =
      this.#serving.get(`${destination} ${destinationPort}`) ??
      (this.#nodeIps.has(destination) ? this.#servingNodePorts.get(destinationPort) : undefined);
    return serving !== undefined && !serving.has(`${flow.endpoint} ${flow.endpointPort}`);
  }
}

const addressOf = ({ ip, port }: Endpoint): string => `${ip} ${port}`;
const frontendIps = (port: ServicePort): readonly string[] => [
  port.clusterIp,
  ...port.externalIps,
  ...port.loadBalancerIps,
];

/** Whether flows may have become stale between the two: an endpoint went away, or packets are taken that were not before. */
export function mayLeaveStaleFlows(
  previous: ServicePort | undefined,
  current: ServicePort | undefined,
): boolean {
  if (current?.protocol !== 'UDP') return false;
  if (previous === undefined || previous.servingEndpoints.length === 0) return true;
  const serving = new Set(current.servingEndpoints.map(addressOf));
  const known = new Set(frontendIps(previous));
  return (
    current.port !== previous.port ||
    current.nodePort !== previous.nodePort ||
    frontendIps(current).some((ip) => !known.has(ip)) ||
    previous.servingEndpoints.some((endpoint) => !serving.has(addressOf(endpoint)))
  );
}
