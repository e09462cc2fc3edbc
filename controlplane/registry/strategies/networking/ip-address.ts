import type { Kinds } from '#api/resources.ts';
import { deepEqual } from '#api/equal.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import { canonicalIp, familyOf } from '#api/ip.ts';
import type { ClusterIps } from '../../allocation/cluster-ips.ts';
import { NOT_AN_IP } from '../core/endpoint-address.ts';
import { pathSegmentProblems } from '../rbac/names.ts';
import { segmentErrors } from './validate-ingress.ts';
import type { Strategy } from '../strategy.ts';

type IpAddress = Kinds['ipaddresses'];

/** pkg/registry/networking/ipaddress/strategy.go. `clusterIps` hears of every one, so that no Service gets its address. */
export const ipAddressStrategy = (clusterIps: ClusterIps): Strategy<IpAddress> => ({
  setDefaults(address) {
    // Decoding asks for no field, whatever the type says.
    (address as Partial<IpAddress>).spec ??= {} as IpAddress['spec'];
  },
  nameProblems(name) {
    if (familyOf(name) === undefined) return [NOT_AN_IP];
    const canonical = canonicalIp(name);
    return canonical === name ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
  },
  validate: ({ spec }) => validateParent((spec as Partial<IpAddress['spec']>).parentRef),
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec.parentRef, old.spec.parentRef)
      ? []
      : [invalid('spec.parentRef', spec.parentRef, 'field is immutable')],
  allocation: {
    assign({ metadata }, _old, { options }) {
      if (!options.dryRun) clusterIps.addObject(metadata.name);
    },
    release: ({ metadata }) => clusterIps.removeObject(metadata.name),
  },
});

function validateParent(parent: Partial<IpAddress['spec']['parentRef']> | undefined): FieldError[] {
  const at = 'spec.parentRef';
  if (parent === undefined) return [required(at)];
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  const groups = group === '' ? [] : dns1123SubdomainProblems(group);
  return [
    ...groups.map((problem) => invalid(`${at}.group`, group, problem)),
    ...segmentErrors(resource, `${at}.resource`),
    ...segmentErrors(name, `${at}.name`),
    ...pathSegmentProblems(namespace).map((problem) => invalid(`${at}.namespace`, namespace, problem)),
  ];
}
