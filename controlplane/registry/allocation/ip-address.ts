import { randomUUID } from 'node:crypto';
import { rfc3339, type Clock } from '#api/clock.ts';
import { familyOf } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import type { Key } from '../../store/store.ts';

type IpAddress = Kinds['ipaddresses'];
type Service = Kinds['services'];

const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family';
const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by';
const ALLOCATOR = 'ipallocator.k8s.io';

export const ipAddressKey = (ip: string): Key => ({ resource: 'ipaddresses', namespace: '', name: ip });

/** The IPAddress of a Service's cluster IP, as Kubernetes' allocator and its repair make it; `ip` in canonical form. */
export const ipAddressOf = (
  ip: string,
  { metadata }: Service,
): Pick<IpAddress, 'spec'> & {
  metadata: { name: string; labels: Record<string, string> };
} => ({
  metadata: {
    name: ip,
    labels: { [FAMILY_LABEL]: familyOf(ip)!, [MANAGED_BY_LABEL]: ALLOCATOR },
  },
  spec: {
    parentRef: { group: '', resource: 'services', namespace: metadata.namespace ?? '', name: metadata.name },
  },
});

/** The same as it is stored. */
export function newIpAddress(ip: string, service: Service, clock: Clock): IpAddress {
  const { metadata, spec } = ipAddressOf(ip, service);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      ...metadata,
      uid: randomUUID(),
      resourceVersion: '',
      creationTimestamp: rfc3339(clock.now()),
    },
    spec,
  };
}

/** Whether it was made for a Service's address, by the allocator or its repair. */
export const isAllocators = ({ metadata }: IpAddress): boolean =>
  metadata.labels?.[MANAGED_BY_LABEL] === ALLOCATOR;

export const hasFamilyLabel = ({ metadata }: IpAddress): boolean =>
  metadata.labels?.[FAMILY_LABEL] === familyOf(metadata.name);
