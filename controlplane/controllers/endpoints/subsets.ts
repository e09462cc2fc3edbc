import type { CoreV1EndpointPort, EndpointAddress, EndpointSubset } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import {
  endpointPorts,
  hostnameOf,
  isEndpoint,
  isHeadless,
  targetRef,
} from '../endpointslice/service-endpoints.ts';
import { canonical } from '../equality.ts';
import { isReady } from '../pod-state.ts';

type Pod = Kinds['pods'];
type Service = Kinds['services'];

/** An Endpoints object holds no more (`maxCapacity`). */
const MAX_ADDRESSES = 1000;

/**
 * A Service's Pods as Endpoints show them: one subset for all that have the same ports, addresses in order. Pods that are being stopped
 * are left out unless the Service publishes addresses that are not ready.
 */
export function serviceSubsets(
  service: Service,
  pods: readonly Pod[],
): { subsets: EndpointSubset[]; truncated: boolean } {
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  const all = pods
    .filter((pod) => isEndpoint(pod) && (publishesAll || pod.metadata.deletionTimestamp === undefined))
    .sort(byAddress);
  const shown = readyFirst(all).slice(0, MAX_ADDRESSES).sort(byAddress);
  const subsets = new Map<string, EndpointSubset>();
  for (const pod of shown) {
    const ports = endpointPorts(service, pod).map(toCorePort);
    // Only a headless Service may have endpoints without ports.
    if (ports.length === 0 && !isHeadless(service)) continue;
    const key = canonical(ports);
    const subset = subsets.get(key) ?? {};
    const field = publishesAll || isReady(pod) ? 'addresses' : 'notReadyAddresses';
    subset[field] = [...(subset[field] ?? []), toAddress(service, pod)];
    subsets.set(key, ports.length === 0 ? subset : { ...subset, ports });
  }
  return { subsets: [...subsets.values()], truncated: all.length > MAX_ADDRESSES };
}

const byAddress = (one: Pod, other: Pod): number =>
  (one.status?.podIP ?? '') < (other.status?.podIP ?? '') ? -1 : 1;

const readyFirst = (pods: readonly Pod[]): Pod[] => [
  ...pods.filter(isReady),
  ...pods.filter((pod) => !isReady(pod)),
];

function toCorePort({
  name,
  port = 0,
  ...rest
}: ReturnType<typeof endpointPorts>[number]): CoreV1EndpointPort {
  return { ...(name === undefined || name === '' ? {} : { name }), port, ...rest };
}

function toAddress(service: Service, pod: Pod): EndpointAddress {
  const hostname = hostnameOf(service, pod);
  const nodeName = pod.spec?.nodeName;
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: targetRef(pod),
  };
}
