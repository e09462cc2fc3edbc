import type { Kinds } from '#api/resources.ts';
import type { Gateway, GatewayClass, ReferenceGrant, Route } from './types.ts';

/** All that Gateways and their routes depend on, at one moment. */
export interface World {
  readonly classes: readonly GatewayClass[];
  readonly gateways: readonly Gateway[];
  readonly routes: readonly Route[];
  readonly grants: readonly ReferenceGrant[];
  service(namespace: string, name: string): Kinds['services'] | undefined;
  secret(namespace: string, name: string): Kinds['secrets'] | undefined;
  namespaceLabels(name: string): Readonly<Record<string, string>>;
  /** Where nodes are to listen for a port of a Gateway; undefined: no port is free. */
  bindPort(gateway: Gateway, port: number, protocol: 'HTTP' | 'HTTPS'): number | undefined;
  /** Where the Gateway is reached; empty: nowhere yet. */
  addresses(gateway: Gateway): readonly string[];
}

/** `spec.controllerName` of the GatewayClasses that podlab serves. */
export const GATEWAY_CONTROLLER = 'podlab.io/gateway-controller';
/** The class that every cluster has. */
export const GATEWAY_CLASS = 'podlab';
