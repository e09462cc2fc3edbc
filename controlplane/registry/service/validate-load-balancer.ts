import { addressRange } from '#api/cidr.ts';
import { familyOf } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems, qualifiedNameProblems } from '#api/validation.ts';
import { eachItem, invalidFor } from '../pod-spec/field-rules.ts';
import { NOT_AN_IP } from '../strategies/core/endpoint-address.ts';

type Service = Kinds['services'];
type LoadBalancer = NonNullable<NonNullable<Service['status']>['loadBalancer']>;

const ONLY_FOR = "may only be used when `type` is 'LoadBalancer'";
/** From before there was the field; it still counts while that is empty. */
const RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const IP_MODES = ['Proxy', 'VIP'];

/** What only Services of type LoadBalancer have. */
export function validateLoadBalancer({ metadata, spec = {} }: Service): FieldError[] {
  const isBalanced = spec.type === 'LoadBalancer';
  const others = [
    ...(isBalanced || spec.allocateLoadBalancerNodePorts === undefined
      ? []
      : [forbidden('spec.allocateLoadBalancerNodePorts', ONLY_FOR)]),
    ...validateClass(isBalanced, spec.loadBalancerClass),
  ];
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    // Kubernetes writes this field's name with a capital letter.
    const at = 'spec.LoadBalancerSourceRanges';
    return [
      ...(isBalanced ? [] : [forbidden(at, ONLY_FOR)]),
      ...eachItem(ranges, at, (range, path) => rangeErrors(range.trim(), path)),
      ...others,
    ];
  }
  const annotation = (metadata.annotations?.[RANGES_ANNOTATION] ?? '').trim();
  if (annotation === '') return others;
  const path = `metadata.annotations[${RANGES_ANNOTATION}]`;
  return [
    ...(isBalanced ? [] : [forbidden(path, ONLY_FOR)]),
    ...annotation.split(',').flatMap((range) => rangeErrors(range.trim(), path)),
    ...others,
  ];
}

const rangeErrors = (range: string, path: string): FieldError[] =>
  addressRange(range) === undefined
    ? [invalid(path, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
    : [];

function validateClass(isBalanced: boolean, name: string | undefined): FieldError[] {
  if (name === undefined) return [];
  if (!isBalanced) return [forbidden('spec.loadBalancerClass', ONLY_FOR)];
  return invalidFor('spec.loadBalancerClass', name, qualifiedNameProblems(name));
}

/** `ValidateLoadBalancerStatus` */
export function validateLoadBalancerStatus({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const at = 'status.loadBalancer.ingress';
  if (spec?.type !== 'LoadBalancer' && ingress.length > 0) {
    return [forbidden(at, 'may only be used when `spec.type` is "LoadBalancer"')];
  }
  return eachItem(ingress, at, (one, path) => [
    ...(one.ip && familyOf(one.ip) === undefined ? [invalid(`${path}.ip`, one.ip, NOT_AN_IP)] : []),
    ...modeErrors(one, `${path}.ipMode`),
    ...(one.hostname ? hostnameErrors(one.hostname, `${path}.hostname`) : []),
  ]);
}

function modeErrors(
  { ip, ipMode }: NonNullable<LoadBalancer['ingress']>[number],
  path: string,
): FieldError[] {
  if (ipMode === undefined) return ip ? [required(path, 'must be specified when `ip` is set')] : [];
  if (!ip) return [forbidden(path, 'may not be specified when `ip` is not set')];
  return IP_MODES.includes(ipMode) ? [] : [notSupported(path, ipMode, IP_MODES)];
}

const hostnameErrors = (hostname: string, path: string): FieldError[] => [
  ...invalidFor(path, hostname, dns1123SubdomainProblems(hostname)),
  ...(familyOf(hostname) === undefined
    ? []
    : [invalid(path, hostname, 'must be a DNS name, not an IP address')]),
];
