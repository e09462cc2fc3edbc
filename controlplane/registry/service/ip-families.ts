import type { ClusterNetwork } from '#api/cluster-network.ts';
import { deepEqual } from '#api/equal.ts';
import { familyOf, type IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, StatusError, type FieldError } from '#api/status.ts';
import { isHeadless, mayHaveNodePort, needsClusterIp } from './needs.ts';
import { validateAddresses } from './validate-addresses.ts';

type Service = Kinds['services'];
type Spec = NonNullable<Service['spec']>;

/**
 * Fills in `ipFamilyPolicy` and `ipFamilies`, and refuses what the cluster lacks or an update may not do (`initIPFamilyFields` in
 * pkg/registry/core/service/storage/alloc.go). Throws Invalid.
 */
export function assignIpFamilies(service: Service, old: Service | undefined, network: ClusterNetwork): void {
  const spec = service.spec!;
  if (!needsClusterIp(service) || staysPreferDualStack(service, old)) return;
  spec.ipFamilyPolicy ??=
    old?.spec?.ipFamilyPolicy ?? (isUnselected(service) ? 'RequireDualStack' : 'SingleStack');
  refuse(service, validateAddresses(spec));
  const changes = old === undefined ? [] : applyPolicy(spec, old.spec!);
  refuse(service, [...changes, ...moreThanSingleStack(spec), ...inferFamilies(spec, network.families)]);
  if (isUnselected(service)) {
    // Nothing is made for it, so that it may stand for endpoints of any family.
    spec.ipFamilies ??= [network.families[0]!];
    if (spec.ipFamilyPolicy !== 'SingleStack') addOther(spec);
    return;
  }
  refuse(service, lacking(spec, network.families));
  spec.ipFamilies ??= [network.families[0]!];
  if (spec.ipFamilyPolicy !== 'SingleStack' && network.families.length === 2) addOther(spec);
}

/** Headless, and without a selector. */
const isUnselected = (service: Service): boolean =>
  isHeadless(service) && Object.keys(service.spec?.selector ?? {}).length === 0;

/** Such a Service neither gains nor loses an address because the cluster has become another. */
function staysPreferDualStack(service: Service, old: Service | undefined): boolean {
  const [spec, before] = [service.spec!, old?.spec];
  if (before === undefined || spec.type !== before.type) return false;
  if (!mayHaveNodePort(service) && spec.type !== 'ClusterIP') return false;
  return (
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    (before.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    sameAddresses(spec, before) &&
    deepEqual(spec.ipFamilies, before.ipFamilies)
  );
}

export const sameAddresses = (spec: Spec, old: Spec): boolean =>
  spec.clusterIP === old.clusterIP && deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? []);

/** Single stack says that the second address goes; without it nothing may go. */
function applyPolicy(spec: Spec, old: Spec): FieldError[] {
  const [sameIps, sameFamilies] = [sameAddresses(spec, old), deepEqual(spec.ipFamilies, old.ipFamilies)];
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (sameIps && spec.clusterIPs !== undefined) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
    if (sameFamilies && spec.ipFamilies !== undefined) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
    return [];
  }
  return [
    ...(isReduced(spec.clusterIPs, old.clusterIPs) ? [onlySingleStack(spec, 'cluster IP')] : []),
    ...(isReduced(spec.ipFamilies, old.ipFamilies) ? [onlySingleStack(spec, 'IP family')] : []),
  ];
}

/** `reducedClusterIPs`: to leave it out is not to reduce it. */
const isReduced = (now: readonly string[] = [], before: readonly string[] = []): boolean =>
  now.length > 0 && now.length < before.length;

const onlySingleStack = ({ ipFamilyPolicy }: Spec, what: string): FieldError =>
  invalid('spec.ipFamilyPolicy', ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);

function moreThanSingleStack({ ipFamilyPolicy, clusterIPs, ipFamilies }: Spec): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const problem = (values: readonly string[] | undefined, what: string): FieldError[] =>
    values?.length === 2
      ? [
          invalid(
            'spec.ipFamilyPolicy',
            ipFamilyPolicy,
            `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
          ),
        ]
      : [];
  return [...problem(clusterIPs, 'cluster IPs'), ...problem(ipFamilies, 'IP families')];
}

/** Addresses that are named tell their families. */
function inferFamilies(spec: Spec, families: readonly IpFamily[]): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const inferred = [...ipFamilies];
  const errors = clusterIPs.flatMap((ip, index) => {
    const family = familyOf(ip);
    if (family === undefined || index < ipFamilies.length) return [];
    inferred.push(family);
    return families.includes(family)
      ? []
      : [invalid(`spec.clusterIPs[${index}]`, clusterIPs, `${family} is not configured on this cluster`)];
  });
  if (inferred.length > 0) spec.ipFamilies = inferred;
  return errors;
}

function lacking({ ipFamilies = [], ipFamilyPolicy }: Spec, families: readonly IpFamily[]): FieldError[] {
  const problem = 'this cluster is not configured for dual-stack services';
  return [
    ...(ipFamilyPolicy === 'RequireDualStack' && families.length < 2
      ? [invalid('spec.ipFamilyPolicy', ipFamilyPolicy, problem)]
      : []),
    ...ipFamilies.flatMap((family, index) =>
      families.includes(family as IpFamily)
        ? []
        : [invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
    ),
  ];
}

function addOther(spec: Spec): void {
  if (spec.ipFamilies?.length !== 1) return;
  spec.ipFamilies = [spec.ipFamilies[0]!, spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}

function refuse({ metadata }: Service, errors: FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid({ group: '', kind: 'Service' }, metadata.name, errors);
}
