/** What publishers have to be done, decided from what there is. Pure. */
import { familyOf, type IpFamily } from '#api/ip.ts';

/** Structurally the proxy's `HostPort`. */
export interface HostPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly targets: readonly { readonly ip: string; readonly port: number }[];
}

export interface HostService {
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly HostPort[];
}

/** Containers of a cluster: each costs the engine some ten megabytes. */
const MOST_PUBLISHERS = 100;

/** A publisher's container as it is. */
export interface PublisherContainer {
  readonly id: string;
  /** `namespace/name` */
  readonly service: string;
  /** `tcp/30050` */
  readonly ports: readonly string[];
  /** Those that its ports led to when it was started, see `familiesOf`. */
  readonly families: readonly string[];
  readonly running: boolean;
}

export interface Refused<Service> {
  readonly service: Service;
  readonly port: HostPort;
  readonly why: string;
}

export interface PublishPlan<Service> {
  readonly remove: readonly PublisherContainer[];
  /** Containers that stay, and the ports that they are to forward. */
  readonly aim: readonly { readonly id: string; readonly ports: readonly HostPort[] }[];
  readonly start: readonly { readonly service: Service; readonly ports: readonly HostPort[] }[];
  readonly refused: readonly Refused<Service>[];
}

export const portKey = ({ protocol, port }: Pick<HostPort, 'protocol' | 'port'>): string =>
  `${protocol}/${port}`;
export const serviceKey = ({ namespace, name }: Pick<HostService, 'namespace' | 'name'>): string =>
  `${namespace}/${name}`;

/**
 * `containers` are all publishers of the cluster, `wanted` and `leads` as in the proxy's `PortPublisher`. `refusedBefore` tells why the host is
 * not to be asked for a port again yet. A container whose ports are not all wanted any more goes, and one whose ports lead to other IP families: what
 * Docker has published for a container stays as it is.
 */
export function planPublishing<Service extends HostService>(
  containers: readonly PublisherContainer[],
  wanted: readonly Service[],
  leads: (service: string) => boolean,
  refusedBefore: (service: Service, port: HostPort) => string | undefined,
): PublishPlan<Service> {
  const services = new Map(wanted.map((service) => [serviceKey(service), service]));
  const stays = (one: PublisherContainer): boolean =>
    one.running && areStillWanted(one, services.get(one.service));
  const remove = containers.filter((one) => leads(one.service) && !stays(one));
  const kept = containers.filter((one) => !remove.includes(one));
  const holders = new Map(kept.flatMap(({ ports, service }) => ports.map((key) => [key, service] as const)));
  const aim = kept
    .filter(({ service }) => leads(service))
    .map(({ id, service, ports }) => ({
      id,
      ports: ports.flatMap((key) => portOf(services.get(service), key) ?? []),
    }));
  const start: { service: Service; ports: HostPort[] }[] = [];
  const refused: Refused<Service>[] = [];
  for (const service of wanted.filter((one) => leads(serviceKey(one)))) {
    const full =
      kept.length + start.length >= MOST_PUBLISHERS
        ? `${MOST_PUBLISHERS} Services are there already`
        : undefined;
    const missing = service.ports.filter((port) => {
      const holder = holders.get(portKey(port));
      const why =
        holder === undefined
          ? (refusedBefore(service, port) ?? full)
          : otherHolder(holder, serviceKey(service));
      if (why !== undefined) refused.push({ service, port, why });
      if (holder !== undefined || why !== undefined) return false;
      holders.set(portKey(port), serviceKey(service));
      return true;
    });
    if (missing.length > 0) start.push({ service, ports: missing });
  }
  return { remove, aim, start, refused };
}

/** The IP families of the ports' targets. */
export const familiesOf = (ports: readonly HostPort[]): IpFamily[] =>
  (['IPv4', 'IPv6'] as const).filter((family) =>
    ports.some(({ targets }) => targets.some(({ ip }) => familyOf(ip) === family)),
  );

function areStillWanted(container: PublisherContainer, service: HostService | undefined): boolean {
  const ports = container.ports.flatMap((key) => portOf(service, key) ?? []);
  return ports.length === container.ports.length && familiesOf(ports).join() === container.families.join();
}

const portOf = (service: HostService | undefined, key: string): HostPort | undefined =>
  service?.ports.find((port) => portKey(port) === key);

const otherHolder = (holder: string, service: string): string | undefined =>
  holder === service ? undefined : `the Service ${holder} has it`;
