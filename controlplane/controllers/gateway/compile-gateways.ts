import { createHash } from 'node:crypto';
import type { HttpEntry } from '#api/http-routes.ts';
import type { Entrance, EntrancePort } from '../../http-routes/entrance.ts';
import { type JudgedListener, judgeListeners } from './compile-listeners.ts';
import { judgeRoute, type JudgedRoute } from './compile-route.ts';
import { isFalse, isTrue, type Verdict } from './conditions.ts';
import type { Gateway, GatewayClass } from './types.ts';
import { GATEWAY_CONTROLLER, type World } from './world.ts';

/** What all Gateways of podlab's classes and the routes come to. */
export interface Compiled {
  readonly entries: readonly HttpEntry[];
  readonly classes: readonly { readonly gatewayClass: GatewayClass; readonly verdicts: readonly Verdict[] }[];
  readonly gateways: readonly JudgedGateway[];
  /** All routes, also those that are attached to nothing of podlab's (any more). */
  readonly routes: readonly JudgedRoute[];
}

export interface JudgedGateway {
  readonly gateway: Gateway;
  readonly verdicts: readonly Verdict[];
  readonly addresses: readonly string[];
  readonly listeners: readonly (JudgedListener & { readonly attachedRoutes: number })[];
  /** undefined: there is nothing to be reached. */
  readonly entrance: Entrance | undefined;
}

export function compileGateways(world: World): Compiled {
  const classes = world.classes.filter(({ spec }) => spec.controllerName === GATEWAY_CONTROLLER);
  const accepted = new Set(classes.filter(hasNoParameters).map(({ metadata }) => metadata.name));
  const ours = world.gateways.filter(
    ({ metadata, spec }) => metadata.deletionTimestamp === undefined && accepted.has(spec.gatewayClassName),
  );
  const listeners = new Map(
    ours.map((gateway) => {
      const judged = refusalOf(gateway) === undefined ? judgeListeners(gateway, world) : [];
      return [keyOf(gateway), judged] as const;
    }),
  );
  const routes = world.routes.map((route) => judgeRoute(route, listeners, world));
  const gateways = ours.map((gateway) =>
    judgeGateway(gateway, listeners.get(keyOf(gateway))!, routes, world),
  );
  return {
    entries: [
      ...gateways.flatMap((one) => one.listeners.flatMap(({ entry }) => entry ?? [])),
      ...routes.flatMap(({ entry }) => entry ?? []),
    ],
    classes: classes.map((gatewayClass) => ({ gatewayClass, verdicts: [classVerdict(gatewayClass)] })),
    gateways,
    routes,
  };
}

const keyOf = ({ metadata }: Gateway): string => `${metadata.namespace}/${metadata.name}`;
const hasNoParameters = ({ spec }: GatewayClass): boolean => spec.parametersRef === undefined;

const classVerdict = (gatewayClass: GatewayClass): Verdict =>
  hasNoParameters(gatewayClass)
    ? isTrue('Accepted', 'Accepted', 'The class is served by podlab')
    : isFalse('Accepted', 'InvalidParameters', 'podlab knows no parameters of a GatewayClass');

/** Why a Gateway cannot be served at all. */
function refusalOf({ spec }: Gateway): Verdict | undefined {
  if (spec.infrastructure?.parametersRef !== undefined)
    return isFalse('Accepted', 'InvalidParameters', 'podlab knows no parameters of a Gateway');
  if ((spec.addresses ?? []).some(({ value = '' }) => value !== ''))
    return isFalse('Accepted', 'UnsupportedAddress', 'Addresses are given by podlab and cannot be chosen');
  return undefined;
}

function judgeGateway(
  gateway: Gateway,
  judged: readonly JudgedListener[],
  routes: readonly JudgedRoute[],
  world: World,
): JudgedGateway {
  const refusal = refusalOf(gateway);
  const served = judged.filter(({ entry }) => entry !== undefined);
  const addresses = served.length === 0 ? [] : world.addresses(gateway);
  const hasInvalid = judged.some(({ verdicts }) =>
    verdicts.some(({ type, status }) => type === 'Accepted' && status === 'False'),
  );
  return {
    gateway,
    addresses,
    listeners: judged.map((one) => ({ ...one, attachedRoutes: countRoutes(one, routes) })),
    verdicts: [
      refusal ??
        (hasInvalid
          ? isTrue('Accepted', 'ListenersNotValid', 'Some of the listeners cannot be served')
          : isTrue('Accepted', 'Accepted', 'The Gateway is accepted')),
      programmed(served.length > 0, addresses),
    ],
    entrance: served.length === 0 ? undefined : entranceOf(gateway, served),
  };
}

function programmed(isServed: boolean, addresses: readonly string[]): Verdict {
  if (!isServed) return isFalse('Programmed', 'Invalid', 'None of the listeners can be served');
  if (addresses.length === 0)
    return isFalse('Programmed', 'AddressNotAssigned', 'The Gateway has no address yet');
  return isTrue('Programmed', 'Programmed', 'The nodes serve the Gateway');
}

/** Routes that got to a listener, whether or not it can be served. */
const countRoutes = ({ gateway, listener }: JudgedListener, routes: readonly JudgedRoute[]): number =>
  routes.filter(({ attached }) =>
    attached.has(`gateway/${gateway.metadata.namespace}/${gateway.metadata.name}/${listener.name}`),
  ).length;

/** `NAME-CLASS` (GEP-1762), as far as a Service's name may be long. */
export function entranceName({ metadata, spec }: Gateway): string {
  return shortened(`${metadata.name}-${spec.gatewayClassName}`);
}

const LONGEST_NAME = 63;

function shortened(name: string): string {
  const plain = name.replaceAll('.', '-');
  if (plain === name && name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${plain.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`;
}

function entranceOf(gateway: Gateway, served: readonly JudgedListener[]): Entrance {
  const { metadata, spec, apiVersion, kind } = gateway;
  const ports = new Map<number, EntrancePort>();
  for (const { entry } of served) {
    const { port, bindPort, protocol } = entry!;
    ports.set(port, { name: `${protocol.toLowerCase()}-${port}`, port, bindPort, protocol });
  }
  const name = metadata.name.length <= LONGEST_NAME ? metadata.name : shortened(metadata.name);
  return {
    namespace: metadata.namespace!,
    name: entranceName(gateway),
    labels: {
      ...spec.infrastructure?.labels,
      'gateway.networking.k8s.io/gateway-name': name,
      'gateway.networking.k8s.io/gateway-class-name': spec.gatewayClassName,
    },
    ...(spec.infrastructure?.annotations === undefined
      ? {}
      : { annotations: spec.infrastructure.annotations }),
    owner: {
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
    ports: [...ports.values()].sort((a, b) => a.port - b.port),
  };
}
