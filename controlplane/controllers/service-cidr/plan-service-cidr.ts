import { addressRange, isSubset, type AddressRange } from '#api/cidr.ts';
import type { ClusterNetwork } from '#api/cluster-network.ts';
import { deepEqual } from '#api/equal.ts';
import { familyOf, ipToNumber } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { isAllocators } from '../../registry/allocation/ip-address.ts';

export type ServiceCidr = Kinds['servicecidrs'];
type IpAddress = Kinds['ipaddresses'];

export const PROTECTION_FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
const DEFAULT_NAME = 'kubernetes';

/** What a ServiceCIDR's `Ready` condition is to say. */
export interface Condition {
  readonly type: 'Ready';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const READY: Condition = {
  type: 'Ready',
  status: 'True',
  reason: '',
  message: 'Kubernetes Service CIDR is ready',
};

const TERMINATING: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Terminating',
  message:
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

export type ServiceCidrPlan =
  | { readonly kind: 'protect' }
  | { readonly kind: 'widen'; readonly cidrs: readonly string[] }
  | { readonly kind: 'release' }
  | { readonly kind: 'say'; readonly condition: Condition }
  | { readonly kind: 'rest' };

/**
 * The next step for a ServiceCIDR (`pkg/controller/servicecidrs`, and `defaultservicecidr` for the one that every cluster has). Kubernetes lets one
 * go ten seconds late, until every API server's allocator has heard of it; here there is one, which hears of it with the write.
 */
export function planServiceCidr(
  serviceCidr: ServiceCidr,
  all: readonly ServiceCidr[],
  addresses: () => readonly IpAddress[],
  network: ClusterNetwork,
): ServiceCidrPlan {
  const { metadata, spec } = serviceCidr;
  const isProtected = (metadata.finalizers ?? []).includes(PROTECTION_FINALIZER);
  if (metadata.deletionTimestamp !== undefined) {
    if (!isProtected) return { kind: 'rest' };
    return isUnneeded(serviceCidr, all, addresses) ? { kind: 'release' } : say(serviceCidr, TERMINATING);
  }
  if (!isProtected) return { kind: 'protect' };
  const { serviceCidrs } = network;
  const cidrs = spec?.cidrs ?? [];
  const gainsFamily = cidrs.length === 1 && serviceCidrs.length === 2 && cidrs[0] === serviceCidrs[0];
  if (metadata.name === DEFAULT_NAME && gainsFamily) return { kind: 'widen', cidrs: serviceCidrs };
  return say(serviceCidr, READY);
}

function say({ status }: ServiceCidr, condition: Condition): ServiceCidrPlan {
  const current = status?.conditions?.find(({ type }) => type === 'Ready');
  const { lastTransitionTime: _time, observedGeneration: _generation, ...said } = { ...current };
  return deepEqual(said, condition) ? { kind: 'rest' } : { kind: 'say', condition };
}

/** No address would be left without a ServiceCIDR. */
function isUnneeded(
  serviceCidr: ServiceCidr,
  all: readonly ServiceCidr[],
  addresses: () => readonly IpAddress[],
): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== serviceCidr.metadata.name).flatMap(rangesOf);
  const own = rangesOf(serviceCidr);
  if (own.every((range) => others.some((other) => isSubset(range, other)))) return true;
  return !addresses()
    .filter(isAllocators)
    .some(
      ({ metadata: { name } }) =>
        own.some((range) => holdsAddress(range, name)) && !others.some((range) => holdsAddress(range, name)),
    );
}

export const rangesOf = ({ spec }: ServiceCidr): AddressRange[] =>
  (spec?.cidrs ?? []).flatMap((cidr) => addressRange(cidr) ?? []);

/** Neither the network's own address nor IPv4's broadcast address are any Service's (`PrefixContainsIP` in pkg/api/servicecidr). */
export function holdsAddress({ family, first, last }: AddressRange, ip: string): boolean {
  if (familyOf(ip) !== family) return false;
  const number = ipToNumber(ip);
  return number > first && (family === 'IPv4' ? number < last : number <= last);
}
