import { isIP } from 'node:net';
import type { Kinds } from '#api/resources.ts';
import { duplicate, forbidden, invalid, notSupported, type FieldError } from '#api/status.ts';
import { eachItem, oneOf } from '../pod-spec/field-rules.ts';
import { NOT_AN_IP } from '../strategies/core/endpoint-address.ts';
import { needsClusterIp } from '../allocation/service-allocator.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];
const MAX_ADDRESSES = 2;

/** `ValidateServiceClusterIPsRelatedFields`. */
export function validateAddresses(spec: Spec): FieldError[] {
  if (spec.type === 'ExternalName') return validateNone(spec);
  return [...validateClusterIp(spec), ...validateFamilies(spec), ...validateClusterIps(spec)];
}

function validateNone({ ipFamilies = [], ipFamilyPolicy }: Spec): FieldError[] {
  const why = 'may not be set for ExternalName services';
  return [
    ...(ipFamilies.length > 0 ? [forbidden('spec.ipFamilies[0]', why)] : []),
    ...(ipFamilyPolicy === undefined ? [] : [forbidden('spec.ipFamilyPolicy', why)]),
  ];
}

function validateClusterIp({ clusterIP = '', clusterIPs = [] }: Spec): FieldError[] {
  if (clusterIP === '' && clusterIPs.length > 0) {
    return [invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIP !== '' && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    return [invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`')];
  }
  return [];
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: Spec): FieldError[] {
  return [
    ...oneOf(ipFamilyPolicy, FAMILY_POLICIES, 'spec.ipFamilyPolicy', true),
    ...eachItem(ipFamilies, 'spec.ipFamilies', (family, at, index) => {
      if (!FAMILIES.includes(family)) return [notSupported(at, family, FAMILIES)];
      return ipFamilies.indexOf(family) < index ? [duplicate(at, family)] : [];
    }),
  ];
}

function validateClusterIps({ clusterIPs = [], ipFamilies = [] }: Spec): FieldError[] {
  if (clusterIPs[0] === 'None') {
    return clusterIPs.length > 1
      ? [invalid('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")]
      : [];
  }
  if (clusterIPs.length > MAX_ADDRESSES) {
    return [invalid('spec.clusterIPs', clusterIPs, `may only hold up to ${MAX_ADDRESSES} values`)];
  }
  return eachItem(clusterIPs, 'spec.clusterIPs', (ip, at, index) => {
    const family = isIP(ip);
    if (family === 0) return [invalid(at, ip, NOT_AN_IP)];
    const wanted = ipFamilies[index];
    if (wanted === undefined || wanted === `IPv${family}`) return [];
    return [invalid(at, ip, `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``)];
  });
}

/** What was allocated stays while the Service needs it (`ValidateServiceUpdate`). */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const [spec, before] = [service.spec!, old.spec!];
  const errors: FieldError[] = [];
  if (needsClusterIp(service) && needsClusterIp(old) && before.clusterIP !== undefined) {
    if (spec.clusterIP === undefined) {
      errors.push(invalid('spec.clusterIPs[0]', spec.clusterIPs ?? [], 'primary clusterIP can not be unset'));
    } else if (spec.clusterIP !== before.clusterIP) {
      errors.push(invalid('spec.clusterIPs[0]', spec.clusterIPs ?? [], 'may not change once set'));
    }
    const [family] = spec.ipFamilies ?? [];
    if (family !== undefined && before.ipFamilies?.[0] !== undefined && family !== before.ipFamilies[0]) {
      errors.push(invalid('spec.ipFamilies[0]', family, 'may not change once set'));
    }
  }
  const bothBalance = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (bothBalance && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  }
  return errors;
}
