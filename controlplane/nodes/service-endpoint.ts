import type { EndpointSlice, ServicePort } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Client } from '../client.ts';

export interface ServiceEndpoint {
  /** An IP address, or for an ExternalName its name. */
  readonly address: string;
  readonly port: number;
  readonly nodeName?: string | undefined;
}

/**
 * One ready endpoint of a Service, taken at random, as kube-aggregator's `ResolveEndpoint` does. `port` is the Service's, by number or
 * name; a Service without ports has none to choose. Throws NotFound without the Service, ServiceUnavailable without the port or an endpoint.
 */
export function resolveService(
  client: Pick<Client, 'get' | 'list'>,
  namespace: string,
  name: string,
  port: number | string,
): ServiceEndpoint {
  const service = client.get('services', namespace, name);
  if (service === undefined) throw StatusError.notFound({ group: '', resource: 'services' }, name);
  if (service.spec?.type === 'ExternalName') return externalName(service, port);
  const servicePort = service.spec?.ports?.find((one) => matches(one, port));
  if (servicePort === undefined) throw noPort(name, port);
  const endpoints = client
    .list('endpointslices', namespace, { matchLabels: { 'kubernetes.io/service-name': name } })
    .flatMap((slice) => readyEndpoints(slice, servicePort));
  const chosen = endpoints[Math.floor(Math.random() * endpoints.length)];
  if (chosen === undefined)
    throw new StatusError('ServiceUnavailable', `no endpoints available for service "${name}"`);
  return chosen;
}

/** Only TCP carries what the control plane says. */
const matches = ({ name = '', port, protocol = 'TCP' }: ServicePort, wanted: number | string): boolean =>
  protocol === 'TCP' && (typeof wanted === 'number' ? port === wanted : name === wanted);

function externalName(service: Kinds['services'], port: number | string): ServiceEndpoint {
  const number =
    typeof port === 'number' ? port : service.spec?.ports?.find((one) => matches(one, port))?.port;
  if (number === undefined) throw noPort(service.metadata.name, port);
  return { address: service.spec?.externalName ?? '', port: number };
}

function readyEndpoints(slice: EndpointSlice, { name = '' }: ServicePort): ServiceEndpoint[] {
  const port = slice.ports?.find((one) => (one.name ?? '') === name)?.port;
  if (port === undefined || slice.addressType === 'FQDN') return [];
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses: [address], nodeName }) =>
      address === undefined ? [] : [{ address, port, nodeName }],
    );
}

/** A port's name is only looked for among the endpoints (`ResourceLocation` of pkg/registry/core/service/storage). */
const noPort = (name: string, port: number | string): StatusError =>
  new StatusError(
    'ServiceUnavailable',
    typeof port === 'number'
      ? `no service port ${port} found for service "${name}"`
      : `no endpoints available for service "${name}"`,
  );
