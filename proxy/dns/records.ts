import { familyOf } from '#api/ip.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { ServiceInfo, SliceInfo } from '../state/objects.ts';

/** What the cluster's zone holds at one name; `undefined` when there is no such name. */
export interface NameRecords {
  /** Of both families. */
  readonly ips: readonly string[];
  readonly srv: readonly SrvTarget[];
  readonly txt?: string;
  /** An ExternalName Service: the answer stands under another name. */
  readonly cname?: string;
}

interface SrvTarget {
  readonly port: number;
  readonly target: string;
  /** The target's address, which saves clients a question. */
  readonly ip: string;
}

/** Whether a namespace has a Service: a name above others exists although it has no records. */
export type HasServices = (namespace: string) => boolean;

const NOTHING: NameRecords = { ips: [], srv: [] };
const DNS_VERSION = '1.1.0';

/**
 * Looks a name up by the Kubernetes DNS specification 1.1.0, and where that is silent as CoreDNS does (`plugin/kubernetes` `findServices`).
 * `name` is lower case, without the zone and the dot before it; '' is the zone itself. `zone` is what SRV targets end with.
 */
export function lookUp(
  state: ClusterState,
  hasServices: HasServices,
  name: string,
  zone: string,
): NameRecords | undefined {
  const labels = name === '' ? [] : name.split('.');
  const kind = labels.pop();
  if (kind === undefined) return NOTHING;
  if (kind === 'dns-version' && labels.length === 0) return { ...NOTHING, txt: DNS_VERSION };
  if (kind === 'pod') return podRecords(labels);
  return kind === 'svc' ? serviceRecords(state, hasServices, labels, zone) : undefined;
}

/** `10-244-1-5.default.pod`: an address under a name that a certificate can cover; it is not looked for (CoreDNS's "pods insecure"). */
function podRecords(labels: readonly string[]): NameRecords | undefined {
  if (labels.length < 2) return NOTHING;
  const [pod = ''] = labels;
  const dotted = /^[^-]+(-[^-]+){3}$/.test(pod);
  const ip = pod.replaceAll('-', dotted ? '.' : ':');
  return labels.length === 2 && familyOf(ip) !== undefined ? { ...NOTHING, ips: [ip] } : undefined;
}

function serviceRecords(
  state: ClusterState,
  hasServices: HasServices,
  labels: string[],
  zone: string,
): NameRecords | undefined {
  const namespace = labels.pop();
  if (namespace === undefined) return NOTHING;
  const name = labels.pop();
  if (name === undefined) return hasServices(namespace) ? NOTHING : undefined;
  const service = state.services.get(`${namespace}/${name}`);
  // Below a Service's name there are endpoints (one label), and ports (protocol and port).
  if (service === undefined || labels.length > 2) return undefined;
  const own = `${name}.${namespace}.svc.${zone}`;
  if (service.externalName !== '') return labels.length === 1 ? undefined : alias(service);
  const wanted = labels.length === 2 ? portMatcher(labels[0]!, labels[1]!) : () => true;
  if (!service.headless && labels.length !== 1) return portRecords(service, own, wanted);
  const all = readyEndpoints(service, state.slicesOf(`${namespace}/${name}`));
  const endpoints = labels.length === 1 ? all.filter(({ label }) => label === labels[0]) : all;
  return endpointRecords(endpoints, own, wanted);
}

/** What is an address, or has a label that no DNS message can hold, is no name to lead to. */
function alias({ externalName }: ServiceInfo): NameRecords | undefined {
  const cname = externalName.replace(/\.$/, '');
  const usable = familyOf(cname) === undefined && /^[^.]{1,63}(\.[^.]{1,63})*$/.test(cname);
  return usable ? { ...NOTHING, cname } : undefined;
}

interface Port {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** `_http` and `_tcp` */
function portMatcher(name: string, protocol: string): (port: Port) => boolean {
  const [wantedName, wantedProtocol] = [name, protocol].map((label) => label.replace(/^_/, ''));
  return (port) => port.name.toLowerCase() === wantedName && port.protocol.toLowerCase() === wantedProtocol;
}

function portRecords(
  { ports, clusterIps }: ServiceInfo,
  target: string,
  wanted: (port: Port) => boolean,
): NameRecords | undefined {
  const matching = ports.filter(wanted);
  // A Service always has a port, so that only the port's own name can be missing.
  if (matching.length === 0 && ports.length > 0) return undefined;
  return {
    ips: clusterIps,
    srv: matching.flatMap(({ port }) => clusterIps.map((ip) => ({ port, target, ip }))),
  };
}

interface NamedEndpoint {
  /** The endpoint's hostname, or its address with dashes. */
  readonly label: string;
  readonly ip: string;
  readonly ports: readonly Port[];
}

/** Those that are ready, which under `publishNotReadyAddresses` all are. */
function readyEndpoints(service: ServiceInfo, slices: Iterable<SliceInfo>): NamedEndpoint[] {
  return [...slices].flatMap(({ endpoints, ports }) =>
    endpoints
      .filter((endpoint) => endpoint.ready || service.publishNotReady)
      .flatMap(({ addresses, hostname }) =>
        addresses.map((ip) => ({ ip, ports, label: hostname.toLowerCase() || ip.replaceAll(/[.:]/g, '-') })),
      ),
  );
}

/** Without a ready endpoint a headless Service's name does not exist. Slices without ports have addresses, but no SRV records. */
function endpointRecords(
  endpoints: readonly NamedEndpoint[],
  own: string,
  wanted: (port: Port) => boolean,
): NameRecords | undefined {
  const any = wanted({ name: '', protocol: '', port: 0 });
  const found = endpoints
    .map((endpoint) => ({ ...endpoint, ports: endpoint.ports.filter(wanted) }))
    .filter(({ ports }) => any || ports.length > 0);
  if (found.length === 0) return undefined;
  return {
    ips: [...new Set(found.map(({ ip }) => ip))],
    srv: found.flatMap(({ ports, label, ip }) =>
      ports.map(({ port }) => ({ port, target: `${label}.${own}`, ip })),
    ),
  };
}

/** The names that addresses have by this Service: its own, and those of ready endpoints that have a hostname. */
export function reverseNames(
  service: ServiceInfo,
  slices: Iterable<SliceInfo>,
): { ip: string; name: string }[] {
  const own = `${service.name}.${service.namespace}.svc`;
  return [
    ...service.clusterIps.map((ip) => ({ ip, name: own })),
    ...[...slices].flatMap(({ endpoints }) =>
      endpoints
        .filter(({ ready, hostname }) => hostname !== '' && (ready || service.publishNotReady))
        .flatMap(({ addresses, hostname }) => addresses.map((ip) => ({ ip, name: `${hostname}.${own}` }))),
    ),
  ];
}
