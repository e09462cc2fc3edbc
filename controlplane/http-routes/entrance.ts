import type { Endpoint, OwnerReference, ServicePort } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Client, Unstored } from '../client.ts';
import { same } from '../controllers/equality.ts';

type Service = Kinds['services'];
type Node = Kinds['nodes'];

/** A Service through which clients reach the nodes' HTTP listeners: by its addresses, NodePorts and ClusterIP. */
export interface Entrance {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner?: OwnerReference;
  readonly ports: readonly EntrancePort[];
}

export interface EntrancePort {
  readonly name: string;
  /** Where clients reach it. */
  readonly port: number;
  /** Where nodes listen; kept as the Service's `targetPort`. */
  readonly bindPort: number;
  readonly protocol: 'HTTP' | 'HTTPS';
}

/** On all that podlab makes for an entrance: what lacks it is somebody else's, and left alone. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'podlab' };

const SERVICE_NAME = 'kubernetes.io/service-name';
const SLICE_MANAGER = { 'endpointslice.kubernetes.io/managed-by': 'podlab-http-entrance' };
const EXCLUDE_NODE = 'node.kubernetes.io/exclude-from-external-load-balancers';

export const isManaged = ({ metadata }: Service): boolean =>
  metadata.labels?.['app.kubernetes.io/managed-by'] === 'podlab';

/**
 * Makes the Service and its slices what `entrance` says. Of a Service that is there only the ports are put back: its type, NodePorts and policies
 * may be changed by who likes. False: another Service has the name.
 */
export async function ensureEntrance(client: Client, entrance: Entrance): Promise<boolean> {
  const { namespace, name } = entrance;
  const current = client.get('services', namespace, name);
  if (current !== undefined && !isManaged(current)) return false;
  if (current?.metadata.deletionTimestamp !== undefined) return true;
  const service = current ?? (await client.create('services', newService(entrance)));
  if (current !== undefined) await updateService(client, current, entrance);
  await ensureSlices(client, entrance, service);
  return true;
}

/** The slices go with their Service. */
export async function removeEntrance(client: Client, namespace: string, name: string): Promise<void> {
  const service = client.get('services', namespace, name);
  if (service === undefined || !isManaged(service)) return;
  await client.delete('services', namespace, name, { uid: service.metadata.uid });
  for (const slice of slicesOf(client, namespace, name))
    await client.delete('endpointslices', namespace, slice.metadata.name);
}

/** `ip` or `hostname` of each address that clients may use. */
export const addressesOf = (
  service: Service | undefined,
): readonly { readonly ip?: string; readonly hostname?: string }[] =>
  (service?.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({
    ...(ip === undefined ? {} : { ip }),
    ...(hostname === undefined ? {} : { hostname }),
  }));

/**
 * With `externalTrafficPolicy: Local` each node's own listener takes what comes in through it, and sees the client's address: every node that is
 * Ready has one.
 */
function newService({ namespace, name, labels, annotations, owner, ports }: Entrance): Unstored<Service> {
  return {
    metadata: {
      namespace,
      name,
      labels: { ...labels, ...MANAGED_BY },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      ipFamilyPolicy: 'PreferDualStack',
      ports: ports.map(servicePort),
    },
  };
}

const servicePort = ({ name, port, bindPort, protocol }: EntrancePort): ServicePort => ({
  name,
  port,
  targetPort: bindPort,
  protocol: 'TCP',
  appProtocol: protocol === 'HTTP' ? 'http' : 'https',
});

async function updateService(client: Client, service: Service, entrance: Entrance): Promise<void> {
  const before = service.spec?.ports ?? [];
  const withNodePorts = entrance.ports.map((one) => {
    const nodePort = before.find(({ name }) => name === one.name)?.nodePort;
    return { ...servicePort(one), ...(nodePort === undefined ? {} : { nodePort }) };
  });
  if (same(before, withNodePorts)) return;
  await client.update('services', { ...service, spec: { ...service.spec, ports: withNodePorts } });
}

async function ensureSlices(client: Client, entrance: Entrance, service: Service): Promise<void> {
  const wanted = planSlices(entrance, service, client.list('nodes'));
  const current = slicesOf(client, entrance.namespace, entrance.name);
  for (const slice of wanted) {
    const known = current.find(({ metadata }) => metadata.name === slice.metadata.name);
    if (known === undefined) await client.create('endpointslices', slice);
    else if (!same([known.endpoints, known.ports], [slice.endpoints, slice.ports]))
      await client.update('endpointslices', {
        ...known,
        endpoints: slice.endpoints,
        ports: slice.ports ?? [],
      });
  }
}

const slicesOf = (client: Client, namespace: string, name: string): readonly Kinds['endpointslices'][] =>
  client.list('endpointslices', namespace, { matchLabels: { [SERVICE_NAME]: name, ...SLICE_MANAGER } });

/** One slice for each IP family of the Service: the Ready nodes at the ports where they listen. */
function planSlices(
  { namespace, name, ports }: Entrance,
  service: Service,
  nodes: readonly Node[],
): (Unstored<Kinds['endpointslices']> & { metadata: { name: string }; endpoints: Endpoint[] })[] {
  const owner: OwnerReference = {
    apiVersion: 'v1',
    kind: 'Service',
    name,
    uid: service.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return (service.spec?.ipFamilies ?? ['IPv4']).map((family) => ({
    metadata: {
      namespace,
      name: `${name}-${family.toLowerCase()}`,
      labels: { [SERVICE_NAME]: name, ...SLICE_MANAGER },
      ownerReferences: [owner],
    },
    addressType: family,
    endpoints: nodes.flatMap((node) => endpointOf(node, family)),
    ports: ports.map(({ name, bindPort, protocol }) => ({
      name,
      port: bindPort,
      protocol: 'TCP',
      appProtocol: protocol === 'HTTP' ? 'http' : 'https',
    })),
  }));
}

function endpointOf(node: Node, family: string): Endpoint[] {
  const isReady = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  if (isReady !== true || node.metadata.labels?.[EXCLUDE_NODE] !== undefined) return [];
  const address = node.status?.addresses?.find(
    (one) => one.type === 'InternalIP' && one.address.includes(':') === (family === 'IPv6'),
  )?.address;
  if (address === undefined) return [];
  const conditions = { ready: true, serving: true, terminating: false };
  return [{ addresses: [address], conditions, nodeName: node.metadata.name }];
}

/** What of a node entrances depend on; its status is written every few seconds for other reasons. */
export const readinessOf = ({ metadata, status }: Node): unknown => [
  metadata.labels,
  status?.addresses,
  status?.conditions?.find(({ type }) => type === 'Ready')?.status,
];
