import { addressRange } from '#api/cidr.ts';
import { bitsOf, canonicalIp, familyOf, numberToIp } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { isHeadless, needsClusterIp } from './needs.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

const OLD_HINTS = 'service.kubernetes.io/topology-aware-hints';
const HINTS = 'service.kubernetes.io/topology-mode';

/** `GetWarningsForService` in pkg/api/service/warnings.go. */
export function serviceWarnings(service: Service): string[] {
  const spec = service.spec!;
  const warnings: string[] = [];
  if (service.metadata.annotations?.[OLD_HINTS] !== undefined) {
    warnings.push(`annotation ${OLD_HINTS} is deprecated, please use ${HINTS} instead`);
  }
  if (needsClusterIp(service) && !isHeadless(service)) {
    warnings.push(...each(spec.clusterIPs, 'spec.clusterIPs', ipWarnings));
  }
  if (spec.type === 'ClusterIP' && isHeadless(service)) warnings.push(...ignoredByHeadless(spec));
  warnings.push(...each(spec.externalIPs, 'spec.externalIPs', ipWarnings));
  if (spec.loadBalancerIP) warnings.push(...ipWarnings(spec.loadBalancerIP, 'spec.loadBalancerIP'));
  warnings.push(...each(spec.loadBalancerSourceRanges, 'spec.loadBalancerSourceRanges', cidrWarnings));
  if (spec.type === 'ExternalName' && (spec.externalIPs ?? []).length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}

function ignoredByHeadless({ loadBalancerIP, externalIPs = [], sessionAffinity }: Spec): string[] {
  return [
    ...(loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(externalIPs.length > 0 ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(sessionAffinity === 'None' ? [] : ['spec.SessionAffinity is ignored for headless services']),
  ];
}

const each = (
  values: readonly string[] | undefined,
  path: string,
  warningsOf: (value: string, path: string) => string[],
): string[] => (values ?? []).flatMap((value, index) => warningsOf(value, `${path}[${index}]`));

/** `GetWarningsForIP` in k8s.io/apimachinery. */
function ipWarnings(ip: string, path: string): string[] {
  if (familyOf(ip) !== 'IPv6') return [];
  const canonical = canonicalIp(ip);
  if (canonical.startsWith('::ffff:')) {
    return [
      `${path}: non-standard IP address "${ip}" will be considered invalid in a future Kubernetes release: use "${canonical.slice(7)}"`,
    ];
  }
  return canonical === ip
    ? []
    : [`${path}: IPv6 address "${ip}" should be in RFC 5952 canonical format ("${canonical}")`];
}

/** `GetWarningsForCIDR` */
export function cidrWarnings(text: string, path: string): string[] {
  const cidr = text.trim();
  const range = addressRange(cidr);
  if (range === undefined) return [];
  const [ip = ''] = cidr.split('/');
  const network = `${numberToIp(range.first, range.family)}/${range.prefix}`;
  const canonical = `${canonicalIp(ip)}/${range.prefix}`;
  const single = `${canonicalIp(ip)}/${bitsOf(range.family)}`;
  return [
    ...(canonical === network
      ? []
      : [
          `${path}: CIDR value "${cidr}" is ambiguous in this context (should be "${network}" or "${single}"?)`,
        ]),
    ...(range.family === 'IPv4' || canonical === cidr
      ? []
      : [`${path}: IPv6 CIDR value "${cidr}" should be in RFC 5952 canonical format ("${canonical}")`]),
  ];
}
