import type { ServicePort } from '#api/gen/types.ts';
import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { sameAddresses } from './ip-families.ts';
import { isExternallyAccessible, mayHaveNodePort, needsClusterIp, needsHealthCheckPort } from './needs.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

/** An update that leaves out what was allocated keeps it (`patchAllocatedValues`). */
export function carryAllocations(service: Service, old: Service): void {
  const spec = service.spec!;
  const oldSpec = old.spec!;
  if (needsClusterIp(service) && needsClusterIp(old)) {
    if (oldSpec.clusterIP !== undefined) spec.clusterIP ??= oldSpec.clusterIP;
    if (oldSpec.clusterIPs !== undefined) spec.clusterIPs ??= [...oldSpec.clusterIPs];
  }
  if (mayHaveNodePort(service) && mayHaveNodePort(old)) carryNodePorts(spec.ports ?? [], oldSpec.ports ?? []);
  if (needsHealthCheckPort(service) && needsHealthCheckPort(old) && oldSpec.healthCheckNodePort) {
    spec.healthCheckNodePort ??= oldSpec.healthCheckNodePort;
  }
}

/** By the ports' names: whatever else of a port changes, its node port stays. */
function carryNodePorts(ports: readonly ServicePort[], oldPorts: readonly ServicePort[]): void {
  const given = new Set(ports.map(({ nodePort }) => nodePort));
  for (const port of ports) {
    if (port.nodePort) continue;
    const before = oldPorts.findLast(({ name }) => (name ?? '') === (port.name ?? ''))?.nodePort;
    if (before !== undefined && !given.has(before)) port.nodePort = before;
  }
}

/** `clusterIP` is the first of `clusterIPs`; old clients know of the one only (`normalizeClusterIPs`). */
export function alignClusterIps(spec: Spec, old: Spec | undefined): void {
  if (old === undefined) {
    if (spec.clusterIP !== undefined) spec.clusterIPs ??= [spec.clusterIP];
    return;
  }
  if (spec.clusterIP === old.clusterIP) {
    if (old.clusterIPs !== undefined) spec.clusterIPs ??= [...old.clusterIPs];
    return;
  }
  if (!deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? [])) return;
  if (spec.clusterIP === undefined) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP];
}

/** What only the old type has is dropped when a client sent it back unchanged (`dropTypeDependentFields`). */
export function dropFieldsOfOldType(service: Service, old: Service): void {
  const spec = service.spec!;
  const oldSpec = old.spec!;
  const drop = (...fields: (keyof Spec)[]): void => {
    for (const field of fields) if (deepEqual(spec[field], oldSpec[field])) delete spec[field];
  };
  if (needsClusterIp(old) && !needsClusterIp(service)) {
    if (sameAddresses(spec, oldSpec)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    drop('ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy');
  }
  if (mayHaveNodePort(old) && !mayHaveNodePort(service) && hasNoNewNodePort(spec, oldSpec)) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(service)) drop('healthCheckNodePort');
  if (oldSpec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service)) drop('externalTrafficPolicy');
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} };
}

const hasNoNewNodePort = (spec: Spec, old: Spec): boolean => {
  const ports = ({ ports = [] }: Spec): Set<number> =>
    new Set(ports.flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])));
  return ports(spec).isSubsetOf(ports(old));
};
