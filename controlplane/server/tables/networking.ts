import { joinHostPort } from '#api/ip.ts';
import type { CoreV1EndpointPort, DiscoveryV1EndpointPort, ServicePort } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { since } from './durations.ts';
import { NONE, firstThree, formatLabels } from './format.ts';
import { AGE, NAME, type Printer, column, wide } from './table.ts';

export const servicePrinter: Printer<Kinds['services']> = {
  columns: [
    NAME,
    column('Type'),
    column('Cluster-IP'),
    column('External-IP'),
    column('Port(s)'),
    AGE,
    wide('Selector'),
  ],
  cells: (service, now) => [
    service.metadata.name,
    service.spec?.type ?? '',
    service.spec?.clusterIPs?.[0] ?? NONE,
    externalIp(service),
    portsOf(service.spec?.ports ?? []),
    since(service.metadata.creationTimestamp, now),
    formatLabels(service.spec?.selector),
  ],
};

/** `getServiceExternalIP`. */
function externalIp({ spec, status }: Kinds['services']): string {
  const external = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
      const addresses = [...ingress.filter((address) => address !== '').toSorted(), ...external];
      return addresses.length === 0 ? '<pending>' : addresses.join(',');
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    case 'ClusterIP':
    case 'NodePort':
      return external.length === 0 ? NONE : external.join(',');
    default:
      return '<unknown>';
  }
}

const portsOf = (ports: readonly ServicePort[]): string =>
  ports.length === 0
    ? NONE
    : ports
        .map(({ port, nodePort, protocol }) =>
          nodePort === undefined || nodePort === 0
            ? `${port}/${protocol ?? 'TCP'}`
            : `${port}:${nodePort}/${protocol ?? 'TCP'}`,
        )
        .join(',');

export const endpointsPrinter: Printer<Kinds['endpoints']> = {
  columns: [NAME, column('Endpoints'), AGE],
  cells: ({ metadata, subsets }, now) => [
    metadata.name,
    formatEndpoints(subsets ?? []),
    since(metadata.creationTimestamp, now),
  ],
};

interface Subset {
  addresses?: readonly { ip: string }[] | undefined;
  ports?: readonly CoreV1EndpointPort[] | undefined;
}

/** `formatEndpoints`: ready addresses with each port; of all of them the first three. */
function formatEndpoints(subsets: readonly Subset[]): string {
  if (subsets.length === 0) return NONE;
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => joinHostPort(ip, port))),
  );
  return all.length === 0 ? NONE : firstThree(all);
}

export const endpointSlicePrinter: Printer<Kinds['endpointslices']> = {
  columns: [NAME, column('AddressType'), column('Ports'), column('Endpoints'), AGE],
  cells: ({ metadata, addressType, ports, endpoints }, now) => [
    metadata.name,
    addressType,
    slicePorts(ports ?? []),
    sliceEndpoints((endpoints ?? []).flatMap(({ addresses }) => addresses)),
    since(metadata.creationTimestamp, now),
  ],
};

/** `formatDiscoveryPorts`: a port without a number is printed `*`. */
const slicePorts = (ports: readonly DiscoveryV1EndpointPort[]): string =>
  ports.length === 0
    ? '<unset>'
    : firstThree(ports.map(({ port }) => (port === undefined ? '*' : String(port))));

const sliceEndpoints = (addresses: readonly string[]): string =>
  addresses.length === 0 ? '<unset>' : firstThree(addresses);
