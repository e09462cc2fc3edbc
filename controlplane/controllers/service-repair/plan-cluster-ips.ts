import { canonicalIp, familyOf } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { hasFamilyLabel, isAllocators } from '../../registry/allocation/ip-address.ts';
import { holdsAddress, rangesOf } from '../service-cidr/plan-service-cidr.ts';

type Service = Kinds['services'];
type IpAddress = Kinds['ipaddresses'];
type ServiceCidr = Kinds['servicecidrs'];

interface Warning {
  readonly reason: string;
  readonly message: string;
}

/** What is to be done about one address of a Service. */
export interface ClusterIpPlan {
  /** In canonical form; the name of its IPAddress. */
  readonly ip: string;
  readonly repair?: 'create' | 'recreate';
  readonly warning?: Warning;
}

/** What the API knows. */
export interface Known {
  serviceCidrs(): readonly ServiceCidr[];
  ipAddress(name: string): IpAddress | undefined;
  service(namespace: string, name: string): Service | undefined;
}

/** Each address of a Service is to have an IPAddress that names the Service (`syncService` of ipallocator-repair-controller). */
export function planClusterIps(service: Service, known: Known): ClusterIpPlan[] {
  const { clusterIPs = [], type } = service.spec ?? {};
  if (type === 'ExternalName' || clusterIPs[0] === 'None') return [];
  return clusterIPs.map((ip) => planOne(service, ip, known));
}

function planOne(service: Service, given: string, known: Known): ClusterIpPlan {
  const family = familyOf(given);
  if (family === undefined) {
    const message = `Cluster IP ${given} is not a valid IP; please recreate Service`;
    return { ip: given, warning: { reason: 'ClusterIPNotValid', message } };
  }
  const ip = canonicalIp(given);
  const what = `[${family}]: ${ip}`;
  if (!known.serviceCidrs().some((one) => rangesOf(one).some((range) => holdsAddress(range, ip)))) {
    const message = `Cluster IP ${what} is not within any configured Service CIDR; please recreate service`;
    return { ip, warning: { reason: 'ClusterIPOutOfRange', message } };
  }
  const address = known.ipAddress(ip);
  const reason = 'ClusterIPNotAllocated';
  if (address === undefined) {
    return {
      ip,
      repair: 'create',
      warning: { reason, message: `Cluster IP ${what} is not allocated; repairing` },
    };
  }
  const { namespace = '', name } = service.metadata;
  const message = `the ClusterIP ${what} for Service ${namespace}/${name} has a wrong reference; repairing`;
  const holder = holderOf(address, known);
  if (holder === undefined) return { ip, repair: 'recreate', warning: { reason, message } };
  if (holder.metadata.namespace !== namespace || holder.metadata.name !== name) {
    if (!(holder.spec?.clusterIPs ?? []).includes(ip)) return { ip };
    const twice = `Cluster IP [${family}]:${ip} was assigned to multiple services; please recreate service`;
    return { ip, warning: { reason: 'ClusterIPAlreadyAllocated', message: twice } };
  }
  return isAllocators(address) && hasFamilyLabel(address) ? { ip } : { ip, repair: 'recreate' };
}

/** The Service that an IPAddress names; undefined when there is none, or it names something else. */
function holderOf({ spec: { parentRef } }: IpAddress, known: Known): Service | undefined {
  if ((parentRef.group ?? '') !== '' || parentRef.resource !== 'services') return undefined;
  return known.service(parentRef.namespace ?? '', parentRef.name);
}

/** How long an IPAddress may be without its Service before it counts as left behind. */
const GRACE_MS = 60_000;

export type IpAddressPlan =
  | { readonly kind: 'keep' }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'delete'; readonly warning: Warning };

/** An IPAddress of the allocator is to name a Service that has the address (`syncIPAddress`); others' are left alone. */
export function planIpAddress(address: IpAddress, known: Known, now: number): IpAddressPlan {
  if (!isAllocators(address)) return { kind: 'keep' };
  const { name: ip, creationTimestamp } = address.metadata;
  const { group = '', resource, namespace = '', name } = address.spec.parentRef;
  if (group !== '' || resource !== 'services') {
    const ref = `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${name},}`;
    return remove(
      'IPAddressNotAllocated',
      `IPAddress ${ip} appears to have been modified, not referencing a Service ${ref}: cleaning up`,
    );
  }
  const service = known.service(namespace, name);
  const what = `IPAddress: ${ip} for Service ${namespace}/${name}`;
  if (service === undefined) {
    const left = GRACE_MS - (now - Date.parse(creationTimestamp ?? ''));
    if (left > 0) return { kind: 'wait', milliseconds: left };
    return remove('IPAddressNotAllocated', `${what} appears to have leaked: cleaning up`);
  }
  const ips = (service.spec?.clusterIPs ?? []).filter((one) => familyOf(one) !== undefined);
  if (ips.map(canonicalIp).includes(ip)) return { kind: 'keep' };
  return remove('IPAddressWrongReference', `${what} has a wrong reference; cleaning up`);
}

const remove = (reason: string, message: string): IpAddressPlan => ({
  kind: 'delete',
  warning: { reason, message },
});
