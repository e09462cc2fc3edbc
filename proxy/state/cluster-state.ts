import { deepEqual } from '#api/equal.ts';
import type { EndpointSlice } from '#api/gen/types.ts';
import {
  toNodeInfo,
  toServiceInfo,
  toSliceInfo,
  type NodeInfo,
  type ServiceInfo,
  type SliceInfo,
} from './objects.ts';

/** What changed, so that listeners need not look at everything: a Service by `namespace/name`, or a Node by name. */
export type StateChange = { readonly service: string } | { readonly node: string };

/**
 * The cluster as this node's proxy last heard of it. It outlives the connection: while the control plane is away, all goes on with what is
 * here. Reads give the newest state at once; listeners hear of a change after it is here.
 */
export class ClusterState {
  readonly services = new Map<string, ServiceInfo>();
  readonly nodes = new Map<string, NodeInfo>();
  readonly #slices = new Map<string, SliceInfo>();
  readonly #slicesOfService = new Map<string, Map<string, SliceInfo>>();
  readonly #listeners: ((change: StateChange) => void)[] = [];
  /** Names heard since a connection was made, until it is in step; `undefined` while in step. */
  #heard: Set<string> | undefined;

  onChange(listener: (change: StateChange) => void): void {
    this.#listeners.push(listener);
  }

  slicesOf(service: string): Iterable<SliceInfo> {
    return this.#slicesOfService.get(service)?.values() ?? [];
  }

  /** A new connection names everything again, up to `synced`. */
  resyncing(): void {
    this.#heard = new Set();
  }

  /** What was not named since `resyncing` is gone. */
  synced(): void {
    const heard = this.#heard;
    this.#heard = undefined;
    if (heard === undefined) return;
    for (const [resource, map] of [
      ['services', this.services],
      ['endpointslices', this.#slices],
      ['nodes', this.nodes],
    ] as const) {
      for (const key of map.keys()) if (!heard.has(`${resource}/${key}`)) this.#remove(resource, key);
    }
  }

  /** Throws when it is not one of the kinds that a proxy watches. */
  upsert(object: { kind?: string }): void {
    switch (object.kind) {
      case 'Service':
        return this.#putService(toServiceInfo(object));
      case 'EndpointSlice':
        return this.#putSlice(object as EndpointSlice);
      case 'Node':
        return this.#putNode(toNodeInfo(object));
      default:
        throw new Error(`a proxy has no use for an object of kind ${object.kind}`);
    }
  }

  delete(resource: string, namespace: string, name: string): void {
    this.#remove(resource, resource === 'nodes' ? name : `${namespace}/${name}`);
  }

  #putService(service: ServiceInfo): void {
    const key = `${service.namespace}/${service.name}`;
    this.#heard?.add(`services/${key}`);
    if (deepEqual(this.services.get(key), service)) return;
    this.services.set(key, service);
    this.#tell({ service: key });
  }

  #putSlice(object: EndpointSlice): void {
    const key = `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
    const slice = toSliceInfo(object);
    const service = slice === undefined ? undefined : `${slice.namespace}/${slice.service}`;
    const previous = this.#slices.get(key);
    if (slice === undefined || service === undefined) return this.#remove('endpointslices', key);
    // A slice that was relabelled belongs to another Service now.
    if (previous !== undefined && previous.service !== slice.service) this.#remove('endpointslices', key);
    this.#heard?.add(`endpointslices/${key}`);
    // After a reconnection all is named again, and little of it is new.
    if (deepEqual(this.#slices.get(key), slice)) return;
    this.#slices.set(key, slice);
    const siblings = this.#slicesOfService.get(service) ?? new Map<string, SliceInfo>();
    this.#slicesOfService.set(service, siblings.set(key, slice));
    this.#tell({ service });
  }

  #putNode(node: NodeInfo): void {
    this.#heard?.add(`nodes/${node.name}`);
    // A node's status is written every few seconds; little of it matters here.
    if (deepEqual(this.nodes.get(node.name), node)) return;
    this.nodes.set(node.name, node);
    this.#tell({ node: node.name });
  }

  #remove(resource: string, key: string): void {
    if (resource === 'services' && this.services.delete(key)) this.#tell({ service: key });
    if (resource === 'nodes' && this.nodes.delete(key)) this.#tell({ node: key });
    if (resource === 'endpointslices') this.#removeSlice(key);
  }

  #removeSlice(key: string): void {
    const slice = this.#slices.get(key);
    if (slice === undefined) return;
    this.#slices.delete(key);
    const service = `${slice.namespace}/${slice.service}`;
    const siblings = this.#slicesOfService.get(service);
    siblings?.delete(key);
    if (siblings?.size === 0) this.#slicesOfService.delete(service);
    this.#tell({ service });
  }

  #tell(change: StateChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
