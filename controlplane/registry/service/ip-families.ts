import type { Kinds } from '#api/resources.ts';
import { invalid, StatusError } from '#api/status.ts';
import { isHeadless, needsClusterIp } from '../allocation/service-allocator.ts';

type Service = Kinds['services'];

/** Families and their policy in a cluster that has IPv4 only (`initIPFamilyFields` in pkg/registry/core/service/storage/alloc.go). */
export function assignIpFamilies(service: Service, old: Service | undefined): void {
  const spec = service.spec!;
  if (!needsClusterIp(service)) return;
  const unspecific = isHeadless(service) && Object.keys(spec.selector ?? {}).length === 0;
  if (unspecific) {
    // Nothing is made for it, so that it may stand for endpoints of any family.
    spec.ipFamilyPolicy ??= spec.ipFamilies === undefined ? 'RequireDualStack' : 'SingleStack';
    spec.ipFamilies ??= spec.ipFamilyPolicy === 'SingleStack' ? ['IPv4'] : ['IPv4', 'IPv6'];
    return;
  }
  if (old === undefined || !needsClusterIp(old)) refuseWhatTheClusterLacks(service);
  spec.ipFamilyPolicy ??= 'SingleStack';
  spec.ipFamilies ??= ['IPv4'];
}

function refuseWhatTheClusterLacks(service: Service): void {
  const { ipFamilies = [], ipFamilyPolicy } = service.spec!;
  const errors = [
    ...(ipFamilyPolicy === 'RequireDualStack'
      ? [
          invalid(
            'spec.ipFamilyPolicy',
            ipFamilyPolicy,
            'this cluster is not configured for dual-stack services',
          ),
        ]
      : []),
    ...ipFamilies.flatMap((family, index) =>
      family === 'IPv6'
        ? [invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')]
        : [],
    ),
  ];
  if (errors.length > 0) {
    throw StatusError.invalid({ group: '', kind: 'Service' }, service.metadata.name, errors);
  }
}
