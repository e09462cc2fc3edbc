import type { Duplex } from 'node:stream';
import { isIP } from 'node:net';
import { resourceOf, type Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { Dialer } from '../../dialer.ts';
import type { ResourceRoute } from '../request-info.ts';
import type { ServerContext } from '../server-context.ts';

/** Where a proxied request goes. */
export interface Location {
  readonly scheme: 'http' | 'https';
  /** `10.244.1.5:8080` where it is known: pages may name it in their links. */
  readonly host: string;
  connect(): Promise<Duplex>;
}

interface Id {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

const KUBELET_PORT = '10250';

/**
 * The address that `[scheme:]NAME[:port]` of a Pod, Service or Node stands for (`ResourceLocation` of their strategies). Throws 400, 404 and
 * 503 as they do.
 */
export function locate(context: ServerContext, route: ResourceRoute): Promise<Location> {
  const { dialer } = context;
  if (dialer === undefined)
    throw new StatusError('ServiceUnavailable', 'error trying to reach service: there are no nodes');
  const id = splitId(route.name ?? '', route.resource.singular);
  switch (route.resource.name) {
    case 'pods':
      return podLocation(context, dialer, route, id);
    case 'services':
      return serviceLocation(context, dialer, route, id);
    default:
      return nodeLocation(context, dialer, route, id);
  }
}

/** apimachinery's `SplitSchemeNamePort`. */
function splitId(text: string, kind: string): Id {
  const parts = text.split(':');
  const [scheme, name, port = ''] = parts.length === 3 ? parts : ['http', ...parts];
  const known = scheme === 'http' || scheme === 'https' || scheme === '';
  if (parts.length > 3 || !known || name === undefined || name === '')
    throw StatusError.badRequest(`invalid ${kind} request ${JSON.stringify(text)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

async function get<T>(
  context: ServerContext,
  { resource, namespace }: ResourceRoute,
  name: string,
): Promise<T> {
  const { object } = await context.registry.get({ resource, namespace, name });
  return object as T;
}

async function podLocation(
  context: ServerContext,
  dialer: Dialer,
  route: ResourceRoute,
  { scheme, name, port }: Id,
): Promise<Location> {
  const { spec, status } = await get<Kinds['pods']>(context, route, name);
  const first = spec?.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
  const address = status?.podIPs?.[0]?.ip ?? status?.podIP ?? '';
  if (!isReachable(address)) throw StatusError.badRequest('address not allowed');
  const number = portNumber(address, port === '' ? (first ?? DEFAULT_PORTS[scheme]) : port);
  return {
    scheme,
    host: `${address}:${number}`,
    connect: () => dialer.dial(address, number, spec?.nodeName),
  };
}

const DEFAULT_PORTS = { http: 80, https: 443 };

/** A node would connect to itself, or to a cloud's metadata. */
const isReachable = (address: string): boolean =>
  isIP(address) !== 0 && !/^(127\.|169\.254\.|0\.|22[4-9]\.|23\d\.|::1?$|fe[89ab]|ff)/i.test(address);

function portNumber(address: string, port: string | number): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number <= 0xffff) return number;
  throw new StatusError(
    'ServiceUnavailable',
    `error trying to reach service: dial tcp: lookup tcp/${port}: unknown port (${address})`,
  );
}

async function serviceLocation(
  context: ServerContext,
  dialer: Dialer,
  route: ResourceRoute,
  { scheme, name, port }: Id,
): Promise<Location> {
  const { metadata } = await get<Kinds['services']>(context, route, name);
  const wanted = /^\d+$/.test(port) ? Number(port) : port;
  return {
    scheme,
    host: '',
    connect: () => dialer.dialService(metadata.namespace ?? '', name, wanted),
  };
}

async function nodeLocation(
  context: ServerContext,
  dialer: Dialer,
  route: ResourceRoute,
  { scheme, name, port }: Id,
): Promise<Location> {
  const { status } = await get<Kinds['nodes']>(context, { ...route, resource: resourceOf('nodes') }, name);
  const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
  if (port === '' || port === KUBELET_PORT)
    return { scheme: 'http', host: `${address}:${KUBELET_PORT}`, connect: () => dialer.dialKubelet(name) };
  const number = portNumber(address, port);
  return { scheme, host: `${address}:${number}`, connect: () => dialer.dial(address, number, name) };
}
