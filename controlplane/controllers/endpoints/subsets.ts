import type { CoreV1EndpointPort, EndpointAddress, EndpointSubset } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import {
  addressesOfFamily,
  endpointPorts,
  familiesOf,
  hostnameOf,
  isHeadless,
  targetRef,
} from '../endpointslice/service-endpoints.ts';
import { canonical } from '../equality.ts';
import { isReady, isTerminal } from '../pod-state.ts';

type Pod = Kinds['pods'];
type Service = Kinds['services'];

/** An Endpoints object holds no more (`maxCapacity`). */
const MAX_ADDRESSES = 1000;

/**
 * A Service's Pods as Endpoints show them, by their addresses of the Service's primary IP family: one subset for all that have the same ports,
 * addresses in order. Pods that are being stopped are left out unless the Service publishes addresses that are not ready.
 */
export function serviceSubsets(
  service: Service,
  pods: readonly Pod[],
): { subsets: EndpointSubset[]; truncated: boolean } {
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  const [family = 'IPv4'] = familiesOf(service);
  const shown = pods
    .filter((pod) => !isTerminal(pod) && (publishesAll || pod.metadata.deletionTimestamp === undefined))
    .flatMap((pod) =>
      addressesOfFamily(pod, family)
        .slice(0, 1)
        .map((ip) => ({ pod, ip })),
    )
    .sort((one, other) => (one.ip < other.ip ? -1 : 1));
  const subsets = new Map<string, EndpointSubset>();
  for (const { pod, ip } of shown) {
    const ports = endpointPorts(service, pod).map(toCorePort);
    // Only a headless Service may have endpoints without ports.
    if (ports.length === 0 && !isHeadless(service)) continue;
    const key = canonical(ports);
    const subset = subsets.get(key) ?? (ports.length === 0 ? {} : { ports });
    const field = publishesAll || isReady(pod) ? 'addresses' : 'notReadyAddresses';
    (subset[field] ??= []).push(toAddress(service, pod, ip));
    subsets.set(key, subset);
  }
  return truncate([...subsets.values()]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Each subset gives in proportion, and ready addresses stay before others (`truncateEndpoints`). */
function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const ready = sum(subsets.map(({ addresses = [] }) => addresses.length));
  const notReady = sum(subsets.map(({ notReadyAddresses = [] }) => notReadyAddresses.length));
  if (ready + notReady <= MAX_ADDRESSES) return { subsets, truncated: false };
  const field = ready > MAX_ADDRESSES ? 'addresses' : 'notReadyAddresses';
  const room = field === 'addresses' ? MAX_ADDRESSES : MAX_ADDRESSES - ready;
  const share = room / (field === 'addresses' ? ready : notReady);
  let left = room;
  const kept = subsets.map(({ addresses, notReadyAddresses, ...subset }): EndpointSubset => {
    const all = (field === 'addresses' ? addresses : notReadyAddresses) ?? [];
    const some = all.slice(0, Math.min(Math.ceil(all.length * share), left));
    left -= some.length;
    const others = field === 'addresses' || addresses === undefined ? {} : { addresses };
    return { ...subset, ...others, ...(some.length === 0 ? {} : { [field]: some }) };
  });
  return { subsets: kept, truncated: true };
}

function toCorePort({
  name,
  port = 0,
  ...rest
}: ReturnType<typeof endpointPorts>[number]): CoreV1EndpointPort {
  return { ...(name === undefined || name === '' ? {} : { name }), port, ...rest };
}

function toAddress(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = hostnameOf(service, pod);
  const nodeName = pod.spec?.nodeName;
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: targetRef(pod),
  };
}
