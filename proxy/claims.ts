import type { ServicePort, ServicePortMap } from './service-port.ts';

/**
 * Takes from each port the external addresses and the node port that an earlier one (by key) has already: two users may name the same
 * external address, and one packet can go one way only. Ports without a clash stay the same objects.
 */
export function withoutClashes(services: ServicePortMap): { services: ServicePortMap; clashes: string[] } {
  const sorted = [...services].sort(([a], [b]) => (a < b ? -1 : 1));
  const taken = new Set(sorted.map(([, port]) => claim(port, port.clusterIp)));
  const clashes: string[] = [];
  const granted = sorted.map(([key, port]): [string, ServicePort] => {
    const free = (id: string): boolean => {
      if (!taken.has(id)) return Boolean(taken.add(id));
      clashes.push(`${key} cannot have ${id}`);
      return false;
    };
    const ours = (ip: string): boolean => ip !== port.clusterIp && free(claim(port, ip));
    const loadBalancerIps = port.loadBalancerIps.filter(ours);
    const externalIps = port.externalIps.filter((ip) => !loadBalancerIps.includes(ip) && ours(ip));
    const nodePort =
      port.nodePort !== 0 && free(`${port.family} ${port.protocol} node port ${port.nodePort}`)
        ? port.nodePort
        : 0;
    const same =
      externalIps.length === port.externalIps.length &&
      loadBalancerIps.length === port.loadBalancerIps.length &&
      nodePort === port.nodePort;
    return [key, same ? port : { ...port, externalIps, loadBalancerIps, nodePort }];
  });
  return { services: new Map(granted), clashes };
}

const claim = (port: ServicePort, ip: string): string => `${port.protocol} ${ip}:${port.port}`;
