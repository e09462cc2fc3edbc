import type { Answer, SrvAnswer, StringAnswer } from 'dns-packet';
import type { ClusterState } from '../state/cluster-state.ts';
import { ofFamily, type ServiceInfo, type SliceInfo } from '../state/objects.ts';

/** Seconds; CoreDNS's `kubernetes` plugin has 5: a Service's records change with its Pods. */
export const TTL = 5;

/** What the cluster's zone holds at one name; `undefined` when there is no such name. */
export interface NameRecords {
  readonly a: readonly string[];
  readonly srv: readonly { readonly port: number; readonly target: string }[];
  readonly txt?: string;
  /** An ExternalName Service: the answer stands under another name. */
  readonly cname?: string;
}

const NOTHING: NameRecords = { a: [], srv: [] };
const DNS_VERSION = '1.1.0';

/**
 * Looks a name up by the Kubernetes DNS specification 1.1.0. `name` is lower case, without the zone and the dot before it; '' is the zone
 * itself. `zone` is what SRV targets end with.
 */
export function lookUp(state: ClusterState, name: string, zone: string): NameRecords | undefined {
  const labels = name === '' ? [] : name.split('.');
  const kind = labels.pop();
  if (kind === undefined) return NOTHING;
  if (kind === 'dns-version' && labels.length === 0) return { ...NOTHING, txt: DNS_VERSION };
  if (kind === 'pod') return podRecords(labels);
  return kind === 'svc' ? serviceRecords(state, labels, zone) : undefined;
}

/** `10-244-1-5.default.pod`: an address under a name that a certificate can cover; it is not looked for. */
function podRecords(labels: readonly string[]): NameRecords | undefined {
  if (labels.length < 2) return NOTHING;
  const ip = labels[0]!.replaceAll('-', '.');
  return labels.length === 2 && isIpv4(ip) ? { ...NOTHING, a: [ip] } : undefined;
}

const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);

function serviceRecords(state: ClusterState, labels: string[], zone: string): NameRecords | undefined {
  const namespace = labels.pop();
  if (namespace === undefined) return NOTHING;
  const name = labels.pop();
  // A name above others exists although it has no records.
  if (name === undefined) return hasServices(state, namespace) ? NOTHING : undefined;
  const service = state.services.get(`${namespace}/${name}`);
  if (service === undefined) return undefined;
  const own = `${name}.${namespace}.svc.${zone}`;
  if (service.externalName !== '')
    return labels.length === 0 ? { ...NOTHING, cname: service.externalName.replace(/\.$/, '') } : undefined;
  const backends = service.headless ? headlessEndpoints(service, state.slicesOf(`${namespace}/${name}`)) : [];
  if (labels.length === 0) return serviceName(service, backends, own);
  return labels[0]!.startsWith('_')
    ? portName(service, backends, own, labels)
    : endpointName(backends, labels);
}

const hasServices = (state: ClusterState, namespace: string): boolean =>
  [...state.services.values()].some((service) => service.namespace === namespace);

interface Backend {
  /** The endpoint's hostname, or its address with dashes. */
  readonly label: string;
  readonly ip: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

function headlessEndpoints(service: ServiceInfo, slices: Iterable<SliceInfo>): Backend[] {
  const ofIpv4 = [...slices].filter(({ family }) => family === 'IPv4');
  return ofIpv4.flatMap(({ endpoints, ports }) =>
    endpoints
      .filter((endpoint) => endpoint.ready || service.publishNotReady)
      .flatMap(({ addresses, hostname }) =>
        addresses.map((ip) => ({ ip, ports, label: (hostname || ip.replaceAll('.', '-')).toLowerCase() })),
      ),
  );
}

const addressesOf = (backends: readonly Backend[]): string[] => [...new Set(backends.map(({ ip }) => ip))];

function serviceName(
  service: ServiceInfo,
  backends: readonly Backend[],
  own: string,
): NameRecords | undefined {
  // Without a ready endpoint a headless Service's name does not exist (CoreDNS answers NXDOMAIN).
  if (service.headless && backends.length === 0) return undefined;
  return {
    a: service.headless ? addressesOf(backends) : ofFamily(service.clusterIps, 'IPv4'),
    srv: service.headless
      ? backends.flatMap(({ label, ports }) => ports.map(({ port }) => ({ port, target: `${label}.${own}` })))
      : service.ports.map(({ port }) => ({ port, target: own })),
  };
}

/** `_http._tcp.web.default.svc` */
function portName(
  service: ServiceInfo,
  backends: readonly Backend[],
  own: string,
  labels: readonly string[],
): NameRecords | undefined {
  const matches = (port: { name: string; protocol: string }): boolean =>
    labels.length === 2 &&
    labels[0] === `_${port.name.toLowerCase()}` &&
    labels[1] === `_${port.protocol.toLowerCase()}`;
  const srv = service.headless
    ? backends.flatMap(({ label, ports }) =>
        ports.filter(matches).map(({ port }) => ({ port, target: `${label}.${own}` })),
      )
    : service.ports.filter(matches).map(({ port }) => ({ port, target: own }));
  return srv.length === 0 ? undefined : { a: [], srv };
}

/** `web-0.web.default.svc` */
function endpointName(backends: readonly Backend[], labels: readonly string[]): NameRecords | undefined {
  const named = backends.filter(({ label }) => labels.length === 1 && label === labels[0]);
  return named.length === 0 ? undefined : { a: addressesOf(named), srv: [] };
}

/** The names that an address has: its Service's, or its own in a headless Service. */
export function namesOf(state: ClusterState, ip: string, zone: string): string[] {
  const names: string[] = [];
  for (const [key, service] of state.services) {
    const own = `${service.name}.${service.namespace}.svc.${zone}`;
    if (service.clusterIps.includes(ip)) names.push(own);
    if (!service.headless) continue;
    const backends = headlessEndpoints(service, state.slicesOf(key));
    names.push(...backends.filter((one) => one.ip === ip).map(({ label }) => `${label}.${own}`));
  }
  return names;
}

export const aAnswer = (name: string, ip: string): StringAnswer => ({ type: 'A', name, ttl: TTL, data: ip });

export const srvAnswer = (
  name: string,
  { port, target }: NameRecords['srv'][number],
  share: number,
): SrvAnswer => ({
  type: 'SRV',
  name,
  ttl: TTL,
  data: { port, target, priority: 0, weight: share },
});

/** Goes with every answer that says "no": how long that may be believed. */
export const soaAnswer = (zone: string): Answer => ({
  type: 'SOA',
  name: zone,
  ttl: TTL,
  data: {
    mname: `ns.dns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL,
  },
});
