import { familyOf } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { eachItem } from '../pod-spec/field-rules.ts';
import { NOT_AN_IP } from '../strategies/core/endpoint-address.ts';
import { isHeadless, needsClusterIp, needsHealthCheckPort } from './needs.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const MAX_ADDRESSES = 2;
const ONCE_SET = 'may not change once set';

/** `ValidateServiceClusterIPsRelatedFields`. */
export function validateAddresses(spec: Spec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  return [...validateClusterIp(spec), ...validateFamilies(spec), ...validateClusterIps(spec)];
}

function validateClusterIp({ clusterIP, clusterIPs = [] }: Spec): FieldError[] {
  const at = 'spec.clusterIPs';
  if (clusterIP === undefined) {
    return clusterIPs.length > 0
      ? [invalid(at, clusterIPs, 'must be empty when `clusterIP` is not specified')]
      : [];
  }
  if (clusterIPs.length === 0) return [required(at)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(at, clusterIPs, 'first value must match `clusterIP`')];
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: Spec): FieldError[] {
  return [
    ...eachItem(ipFamilies, 'spec.ipFamilies', (family, at, index) => [
      ...(FAMILIES.includes(family) ? [] : [notSupported(at, family, FAMILIES)]),
      ...(ipFamilies.indexOf(family) < index ? [duplicate(at, family)] : []),
    ]),
    ...(ipFamilyPolicy === undefined || FAMILY_POLICIES.includes(ipFamilyPolicy)
      ? []
      : [notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES)]),
  ];
}

function validateClusterIps({ clusterIPs = [], ipFamilies = [] }: Spec): FieldError[] {
  const at = 'spec.clusterIPs';
  const malformed = eachItem(clusterIPs, at, (ip, path, index) => {
    if (index > 0 || ip !== 'None') return familyOf(ip) === undefined ? [invalid(path, ip, NOT_AN_IP)] : [];
    return clusterIPs.length > 1 ? [invalid(at, clusterIPs, "'None' must be the first and only value")] : [];
  });
  const tooMany =
    clusterIPs.length > MAX_ADDRESSES
      ? [invalid(at, clusterIPs, `may only hold up to ${MAX_ADDRESSES} values`)]
      : [];
  if (malformed.length > 0) return [...malformed, ...tooMany];
  const families = clusterIPs.map(familyOf);
  const twice =
    new Set(families).size < families.length
      ? [invalid(at, clusterIPs, 'may specify no more than one IP for each IP family')]
      : [];
  const mismatched = eachItem(clusterIPs, at, (ip, path, index) => {
    const wanted = ipFamilies[index];
    if (ip === 'None' || wanted === undefined || wanted === families[index]) return [];
    return FAMILIES.includes(wanted)
      ? [invalid(path, ip, `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``)]
      : [];
  });
  return [...tooMany, ...twice, ...mismatched];
}

/** What was allocated stays while the Service needs it; a second address may come and go (`ValidateServiceUpdate`). */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const [spec, before] = [service.spec!, old.spec!];
  const errors: FieldError[] = [];
  if (needsClusterIp(service) && needsClusterIp(old)) {
    const [headless, wasHeadless] = [isHeadless(service), isHeadless(old)];
    if (!headless || !wasHeadless) errors.push(...validateAddressChange(spec, before));
    if (!headless && !wasHeadless) errors.push(...validateFamilyChange(spec, before));
  }
  const bothBalance = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (bothBalance && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, ONCE_SET));
  }
  const checked = needsHealthCheckPort(service) && needsHealthCheckPort(old);
  if (checked && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

function validateAddressChange(spec: Spec, old: Spec): FieldError[] {
  const [ips, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  const at = 'spec.clusterIPs';
  if (before.length > 0 && ips.length === 0) {
    return [invalid(`${at}[0]`, ips, 'primary clusterIP can not be unset')];
  }
  const changed = before.flatMap((ip, index) =>
    index < ips.length && ip !== ips[index] ? [invalid(`${at}[${index}]`, ips, ONCE_SET)] : [],
  );
  return [...changed, ...released(spec, ips, before, 'clusterIP')];
}

function validateFamilyChange(spec: Spec, old: Spec): FieldError[] {
  const [families, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  const at = 'spec.ipFamilies[0]';
  const changed = before.flatMap((family, index) =>
    index < families.length && family !== families[index] ? [invalid(at, families, ONCE_SET)] : [],
  );
  return [...changed, ...released(spec, families, before, 'ipFamily')];
}

function released(
  { ipFamilyPolicy }: Spec,
  now: readonly string[],
  before: readonly string[],
  what: string,
): FieldError[] {
  if (now.length !== 1 || before.length < 2 || ipFamilyPolicy === 'SingleStack') return [];
  const problem = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalid('spec.ipFamilyPolicy', ipFamilyPolicy ?? null, problem)];
}
