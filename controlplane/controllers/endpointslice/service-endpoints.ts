import type { DiscoveryV1EndpointPort, Endpoint, ServicePort } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { canonical, same } from '../equality.ts';
import { isReady, isTerminal } from '../pod-state.ts';
import type { PortGroup } from './slice-planner.ts';

type Pod = Kinds['pods'];
type Service = Kinds['services'];

export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';

/** Whether a controller finds this Service's endpoints by its selector. */
export const hasSelector = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;

/** `ShouldPodBeInEndpoints`: it has an address and has not ended. */
export const isEndpoint = (pod: Pod): boolean => !isTerminal(pod) && (pod.status?.podIP ?? '') !== '';

/** The endpoints of a Service, grouped by the ports that their Pods have for it. `zoneOf` gives a node's zone, if it has one. */
export function portGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (nodeName: string) => string | undefined,
): PortGroup[] {
  const groups = new Map<string, { ports: DiscoveryV1EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods.filter(isEndpoint)) {
    const ports = endpointPorts(service, pod);
    const key = canonical(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(toEndpoint(service, pod, zoneOf));
    groups.set(key, group);
  }
  return [...groups.values()];
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

function toEndpoint(service: Service, pod: Pod, zoneOf: (nodeName: string) => string | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName === undefined ? undefined : zoneOf(nodeName);
  const hostname = hostnameOf(service, pod);
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: targetRef(pod),
  };
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
export const changesEndpoints = (before: Pod, after: Pod): boolean =>
  !same(relevant(before), relevant(after));

const relevant = (pod: Pod) => [
  pod.metadata.labels,
  pod.metadata.deletionTimestamp,
  pod.spec?.nodeName,
  pod.status?.podIP,
  isTerminal(pod),
  isReady(pod),
];
