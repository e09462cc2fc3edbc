import { CommandError, runCommand } from '#api/command.ts';
import type { ServicePort, ServicePortMap } from '../service-port.ts';

/** One translated UDP flow, as `conntrack -L` prints it: where it was sent, and who answers. */
export interface UdpFlow {
  readonly originalSource: string;
  readonly originalSourcePort: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly endpoint: string;
  readonly endpointPort: number;
}

const FLOW = /^udp\s.*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+).*?src=(\S+) dst=\S+ sport=(\d+) dport=\d+/;

export function parseFlows(output: string): UdpFlow[] {
  return output.split('\n').flatMap((line) => {
    const match = FLOW.exec(line);
    if (match === null) return [];
    return {
      originalSource: match[1]!,
      originalSourcePort: match[3]!,
      destination: match[2]!,
      destinationPort: Number(match[4]),
      endpoint: match[5]!,
      endpointPort: Number(match[6]),
    };
  });
}

/**
 * The flows to a Service's UDP port whose endpoint is none of it any more. A TCP connection to a dead endpoint ends by itself; the kernel
 * would go on sending a UDP client's packets there for as long as they come (kube-proxy `pkg/proxy/conntrack/cleanup.go`).
 */
export function staleFlows(flows: readonly UdpFlow[], services: ServicePortMap): UdpFlow[] {
  const byDestination = new Map<string, ServicePort>();
  const byNodePort = new Map<number, ServicePort>();
  for (const port of services.values()) {
    if (port.protocol !== 'UDP') continue;
    for (const ip of [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps])
      byDestination.set(`${ip}:${port.port}`, port);
    if (port.nodePort !== 0) byNodePort.set(port.nodePort, port);
  }
  return flows.filter((flow) => {
    const port =
      byDestination.get(`${flow.destination}:${flow.destinationPort}`) ??
      byNodePort.get(flow.destinationPort);
    if (port === undefined) return false;
    return ![...port.endpoints, ...port.localEndpoints].some(
      (endpoint) => endpoint.ip === flow.endpoint && endpoint.port === flow.endpointPort,
    );
  });
}

/** Whether a UDP endpoint went away between the two, so that flows may be stale. */
export function lostUdpEndpoint(
  previous: ServicePort | undefined,
  current: ServicePort | undefined,
): boolean {
  if (previous?.protocol !== 'UDP') return false;
  const kept = new Set((current?.endpoints ?? []).map((endpoint) => `${endpoint.ip}:${endpoint.port}`));
  return previous.endpoints.some((endpoint) => !kept.has(`${endpoint.ip}:${endpoint.port}`));
}

/** Looks at the kernel's flows and deletes the stale ones. */
export async function deleteStaleFlows(services: ServicePortMap): Promise<void> {
  const flows = parseFlows(await runCommand('conntrack', ['-L', '-p', 'udp', '--dst-nat']));
  for (const flow of staleFlows(flows, services)) {
    try {
      const { originalSource, originalSourcePort, destination, destinationPort } = flow;
      const original = `-s ${originalSource} --sport ${originalSourcePort} -d ${destination} --dport ${destinationPort}`;
      await runCommand('conntrack', ['-D', '-p', 'udp', ...original.split(' ')]);
    } catch (error) {
      // It ended by itself meanwhile.
      if (!(error instanceof CommandError && error.output.includes('0 flow entries'))) throw error;
    }
  }
}
