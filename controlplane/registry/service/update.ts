import type { ServicePort } from '#api/gen/types.ts';
import { deepEqual } from '#api/equal.ts';
import type { Kinds } from '#api/resources.ts';
import { needsClusterIp, needsHealthCheckPort, needsNodePort } from '../allocation/service-allocator.ts';
import { isExternallyAccessible } from './defaults.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

/** An update that leaves out what was allocated keeps it (`patchAllocatedValues`). */
export function carryAllocations(service: Service, old: Service): void {
  const spec = service.spec!;
  const oldSpec = old.spec!;
  if (needsClusterIp(service) && needsClusterIp(old)) {
    if (spec.clusterIP === undefined && spec.clusterIPs === undefined && oldSpec.clusterIP !== undefined) {
      spec.clusterIP = oldSpec.clusterIP;
    }
    if (spec.clusterIPs === undefined && spec.clusterIP === oldSpec.clusterIP && oldSpec.clusterIPs) {
      spec.clusterIPs = [...oldSpec.clusterIPs];
    }
    spec.clusterIP ??= spec.clusterIPs?.[0] ?? '';
    if (spec.clusterIP === '') delete spec.clusterIP;
    spec.ipFamilies ??= [...(oldSpec.ipFamilies ?? ['IPv4'])];
    if (oldSpec.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy ??= oldSpec.ipFamilyPolicy;
  }
  if (needsNodePort(service) && needsNodePort(old)) carryNodePorts(spec.ports ?? [], oldSpec.ports ?? []);
  if (needsHealthCheckPort(service) && needsHealthCheckPort(old) && oldSpec.healthCheckNodePort) {
    spec.healthCheckNodePort ??= oldSpec.healthCheckNodePort;
  }
}

function carryNodePorts(ports: readonly ServicePort[], oldPorts: readonly ServicePort[]): void {
  const used = new Set(ports.map(({ nodePort }) => nodePort ?? 0));
  for (const port of ports) {
    if (port.nodePort) continue;
    const before = oldPorts.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort;
    if (before !== undefined && before !== 0 && !used.has(before)) port.nodePort = before;
  }
}

/** What only the old type has is dropped when a client sent it back unchanged (`dropTypeDependentFields`). */
export function dropFieldsOfOldType(service: Service, old: Service): void {
  const spec = service.spec!;
  const oldSpec = old.spec!;
  const unchanged = (field: keyof Spec): boolean => deepEqual(spec[field], oldSpec[field]);
  const drop = (...fields: (keyof Spec)[]): void => {
    for (const field of fields) if (unchanged(field)) delete spec[field];
  };
  if (needsClusterIp(old) && !needsClusterIp(service)) {
    drop('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy');
  }
  if (needsNodePort(old) && !needsNodePort(service) && sameNodePorts(spec, oldSpec)) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(service)) drop('healthCheckNodePort');
  if (oldSpec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  }
  if (isExternallyAccessible(oldSpec) && !isExternallyAccessible(spec)) drop('externalTrafficPolicy');
}

const sameNodePorts = (spec: Spec, old: Spec): boolean => {
  const ports = ({ ports = [] }: Spec): Set<number> => new Set(ports.map(({ nodePort }) => nodePort ?? 0));
  return ports(spec).symmetricDifference(ports(old)).size === 0;
};
