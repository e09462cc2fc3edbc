import type { Kinds } from '#api/resources.ts';
import type { Client } from '../../client.ts';

/** `spec.controller` of the IngressClasses that podlab serves. */
export const INGRESS_CONTROLLER = 'podlab.io/ingress';
/** The class that every cluster has. */
export const INGRESS_CLASS = 'podlab';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * Whether podlab serves an Ingress: its class is one of podlab's, or, where it names none, the older annotation says `podlab`. One without any has
 * got the default class when it was created, or there was none.
 */
export function isOurs(client: Pick<Client, 'get'>, { metadata, spec }: Kinds['ingresses']): boolean {
  const className = spec?.ingressClassName;
  if (className === undefined) return metadata.annotations?.[CLASS_ANNOTATION] === INGRESS_CLASS;
  return client.get('ingressclasses', '', className)?.spec?.controller === INGRESS_CONTROLLER;
}
