import type { DiscoveryV1EndpointPort, Endpoint, EndpointHints, ServicePort } from '#api/gen/types.ts';
import { canonicalIp, familyOf, type IpFamily } from '#api/ip.ts';
import type { Kinds } from '#api/resources.ts';
import { canonical } from '../equality.ts';
import { isReady, isTerminal } from '../pod-state.ts';
import type { PortGroup } from './slice-planner.ts';

type Node = Kinds['nodes'];
type Pod = Kinds['pods'];
type Service = Kinds['services'];

export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
export const ZONE_LABEL = 'topology.kubernetes.io/zone';
export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';
export const isExternalName = ({ spec }: Service): boolean => spec?.type === 'ExternalName';

/** Whether a controller finds this Service's endpoints by its selector. */
export const hasSelector = (service: Service): boolean =>
  !isExternalName(service) && Object.keys(service.spec?.selector ?? {}).length > 0;

/** The IP families of which a Service has endpoints, its primary family first (`getAddressTypesForService`). */
export function familiesOf({ spec }: Service): readonly IpFamily[] {
  const families = (spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  return families.length > 0 ? families : [familyOf(spec?.clusterIP ?? '') ?? 'IPv4'];
}

const addressesOf = ({ status }: Pod): string[] =>
  (status?.podIPs ?? [{ ip: status?.podIP ?? '' }]).flatMap(({ ip }) => (ip === '' ? [] : [ip]));

/** A Pod's addresses of one family, as they are written canonically. */
export const addressesOfFamily = (pod: Pod, family: IpFamily): string[] =>
  addressesOf(pod)
    .filter((ip) => familyOf(ip) === family)
    .map((ip) => (family === 'IPv4' ? ip : canonicalIp(ip)));

/** An endpoint with the ports that its Pod has for the Service, as it was made of these. */
interface Made {
  readonly service: Service;
  readonly zone: string;
  readonly ports: readonly DiscoveryV1EndpointPort[];
  /** Tells sets of ports apart. */
  readonly key: string;
  readonly endpoint: Endpoint;
}

/** Makes the endpoints of Services. What was made of a Pod is kept while nothing that it was made of changes: of a thousand Pods few do. */
export class EndpointMaker {
  readonly #made = new WeakMap<Pod, Map<string, Made>>();

  /**
   * The endpoints of a Service in one IP family, grouped by the ports that their Pods have for it. A Pod whose node is gone has none, unless the
   * Service publishes what is not ready: the Pod is about to be collected.
   */
  portGroups(
    service: Service,
    pods: readonly Pod[],
    family: IpFamily,
    nodeOf: (name: string) => Node | undefined,
  ): PortGroup[] {
    const publishesAll = service.spec?.publishNotReadyAddresses === true;
    const groups = new Map<string, { ports: readonly DiscoveryV1EndpointPort[]; endpoints: Endpoint[] }>();
    for (const pod of pods) {
      const node = nodeOf(pod.spec?.nodeName ?? '');
      if (isTerminal(pod) || (node === undefined && !publishesAll)) continue;
      const made = this.#make(service, pod, family, node?.metadata.labels?.[ZONE_LABEL] ?? '');
      if (made.endpoint.addresses.length === 0) continue;
      const group = groups.get(made.key) ?? { ports: made.ports, endpoints: [] };
      group.endpoints.push(made.endpoint);
      groups.set(made.key, group);
    }
    return [...groups.values()];
  }

  #make(service: Service, pod: Pod, family: IpFamily, zone: string): Made {
    const ofPod = this.#made.get(pod) ?? new Map<string, Made>();
    this.#made.set(pod, ofPod);
    const id = `${service.metadata.uid} ${family}`;
    const known = ofPod.get(id);
    if (known !== undefined && known.service === service && known.zone === zone) return known;
    const ports = endpointPorts(service, pod);
    const endpoint = toEndpoint(service, pod, addressesOfFamily(pod, family), zone);
    const made = { service, zone, ports, key: canonical(ports), endpoint };
    ofPod.set(id, made);
    return made;
  }
}

/** A port whose target the Pod does not name is left out. */
export const endpointPorts = (service: Service, pod: Pod): DiscoveryV1EndpointPort[] =>
  (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(pod, port);
    if (number === undefined) return [];
    return [
      {
        name: port.name ?? '',
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      },
    ];
  });

/** `podutil.FindPort`. */
function targetPort(
  pod: Pod,
  { port, targetPort = port, protocol = 'TCP' }: ServicePort,
): number | undefined {
  if (typeof targetPort === 'number') return targetPort === 0 ? port : targetPort;
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(pod.spec?.containers ?? []), ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol)?.containerPort;
}

function toEndpoint(service: Service, pod: Pod, addresses: string[], zone: string): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName = '' } = pod.spec ?? {};
  const hostname = hostnameOf(service, pod);
  const hints = ready ? hintsOf(service.spec?.trafficDistribution, nodeName, zone) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hints === undefined ? {} : { hints }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === '' ? {} : { zone }),
    targetRef: targetRef(pod),
  };
}

/** Who should use an endpoint under `trafficDistribution`: its own zone and node (`k8s.io/endpointslice/trafficdist`). */
function hintsOf(
  distribution: string | undefined,
  nodeName: string,
  zone: string,
): EndpointHints | undefined {
  if (!['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(distribution ?? '')) return undefined;
  const forNodes = distribution === 'PreferSameNode' && nodeName !== '' ? [{ name: nodeName }] : [];
  const forZones = zone === '' ? [] : [{ name: zone }];
  if (forNodes.length + forZones.length === 0) return undefined;
  return { ...(forNodes.length > 0 ? { forNodes } : {}), ...(forZones.length > 0 ? { forZones } : {}) };
}

/** `ShouldSetHostname`: of Pods that ask for a name below this Service. */
export function hostnameOf(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname !== undefined && hostname !== '' && subdomain === service.metadata.name
    ? hostname
    : undefined;
}

export const targetRef = ({ metadata }: Pod) => ({
  kind: 'Pod',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid,
});

/** Whether a change of a Pod can change endpoints; what else kubelets write of a Pod does not matter here. */
export const changesEndpoints = (before: Pod, after: Pod): boolean => {
  const now = relevant(after);
  return relevant(before).some((value, index) => value !== now[index]) || !sameLabels(before, after);
};

const relevant = (pod: Pod): readonly unknown[] => [
  pod.metadata.uid,
  pod.metadata.deletionTimestamp,
  pod.spec?.nodeName,
  addressesOf(pod).join(' '),
  isTerminal(pod),
  isReady(pod),
];

function sameLabels({ metadata: one }: Pod, { metadata: other }: Pod): boolean {
  const before = Object.entries(one.labels ?? {});
  const now = other.labels ?? {};
  return before.length === Object.keys(now).length && before.every(([key, value]) => now[key] === value);
}
