import type { Endpoint, EndpointSlice, Node, ObjectMeta, ObjectReference, Service } from '#api/gen/types.ts';
import { jsonBytes } from './json-bytes.ts';

/** An object of those that proxies watch; `kind` says which it is. */
export type Proxied = (Service | EndpointSlice | Node) & { readonly kind: string };

const cut = new WeakMap<Proxied, object>();

/**
 * The bytes of what a proxy reads of an object, made once for all nodes: the rest, such as who wrote which field, is most of it. Two states of an object
 * with the same bytes are one to a proxy.
 */
export function proxyBytes(object: Proxied): Buffer {
  const known = cut.get(object) ?? forProxies(object);
  cut.set(object, known);
  return jsonBytes(known);
}

function forProxies(object: Proxied): object {
  const { kind } = object;
  if (kind === 'Node') return { kind, ...nodeForProxies(object as Node) };
  const metadata = metadataForProxies(object.metadata);
  if (kind === 'Service') {
    const { spec, status } = object as Service;
    return { kind, metadata, spec, status };
  }
  const { addressType, endpoints = [], ports } = object as EndpointSlice;
  return {
    kind,
    metadata,
    addressType,
    ports,
    endpoints: endpoints.map(endpointForProxies),
  };
}

/** Of whose address it is no more than its name, for access records. */
function endpointForProxies({ targetRef, ...rest }: Endpoint): Endpoint {
  if (targetRef === undefined) return rest;
  const { kind, namespace, name } = targetRef;
  return { ...rest, targetRef: { kind, namespace, name } as ObjectReference };
}

const metadataForProxies = ({ namespace, name, uid, labels, deletionTimestamp }: ObjectMeta = {}) => ({
  namespace,
  name,
  uid,
  labels,
  deletionTimestamp,
});

/** Without what nodes report every few seconds. */
function nodeForProxies({ metadata, spec, status }: Node): Partial<Node> {
  const ready = status?.conditions?.filter(({ type }) => type === 'Ready') ?? [];
  return {
    metadata: { ...metadataForProxies(metadata), annotations: metadata?.annotations },
    spec: { taints: spec?.taints },
    status: {
      addresses: status?.addresses,
      conditions: ready.map(({ type, status: is }) => ({ type, status: is })),
    },
  } as Partial<Node>;
}
