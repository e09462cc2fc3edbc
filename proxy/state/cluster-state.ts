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

export type StateResource = 'services' | 'endpointslices' | 'nodes';

/** An object of the state as it is now, by which the state can be had again; without `value` it is gone. */
export interface StateRecord {
  readonly resource: StateResource;
  /** `namespace/name`, or a node's name. */
  readonly key: string;
  readonly value?: ServiceInfo | SliceInfo | NodeInfo;
}

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
  readonly #recorders: ((resource: StateResource, key: string) => void)[] = [];
  #gone: ReadonlySet<string> = new Set();
  /** Names heard since a connection was made, until it is in step; `undefined` while in step. */
  #heard: Set<string> | undefined;

  onChange(listener: (change: StateChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Hears of every object that changed or went, before those who listen to changes. */
  onRecord(recorder: (resource: StateResource, key: string) => void): void {
    this.#recorders.push(recorder);
  }

  /** Nodes that are dead as this node finds by itself, and what runs there with them; the control plane may not know it yet. */
  get goneNodes(): ReadonlySet<string> {
    return this.#gone;
  }

  /** Listeners hear of the Services that have endpoints on nodes that went or came back. */
  setGone(nodes: ReadonlySet<string>): void {
    const changed = nodes.symmetricDifference(this.#gone);
    this.#gone = nodes;
    if (changed.size === 0) return;
    for (const [service, slices] of this.#slicesOfService) {
      const isOf = [...slices.values()].some(({ endpoints }) =>
        endpoints.some(({ nodeName }) => changed.has(nodeName)),
      );
      if (isOf) for (const listener of this.#listeners) listener({ service });
    }
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
        return this.#putSliceObject(object as EndpointSlice);
      case 'Node':
        return this.#putNode(toNodeInfo(object));
      default:
        throw new Error(`a proxy has no use for an object of kind ${object.kind}`);
    }
  }

  delete(resource: string, namespace: string, name: string): void {
    this.#remove(resource, resource === 'nodes' ? name : `${namespace}/${name}`);
  }

  /** How many objects it holds. */
  get size(): number {
    return this.services.size + this.#slices.size + this.nodes.size;
  }

  /** As the object is now. */
  record(resource: StateResource, key: string): StateRecord {
    const value = this.#maps[resource].get(key);
    return { resource, key, ...(value === undefined ? {} : { value }) };
  }

  /** Every object, also those that come while the caller goes through them. */
  *records(): Iterable<StateRecord> {
    for (const resource of ['nodes', 'services', 'endpointslices'] as const)
      for (const [key, value] of this.#maps[resource]) yield { resource, key, value };
  }

  /** Takes over what `record` gave. */
  restore({ resource, key, value }: StateRecord): void {
    if (value === undefined) return this.#remove(resource, key);
    if (resource === 'services') return this.#putService(value as ServiceInfo);
    if (resource === 'endpointslices') return this.#putSlice(value as SliceInfo);
    return this.#putNode(value as NodeInfo);
  }

  get #maps(): Readonly<Record<StateResource, ReadonlyMap<string, ServiceInfo | SliceInfo | NodeInfo>>> {
    return { services: this.services, endpointslices: this.#slices, nodes: this.nodes };
  }

  #putService(service: ServiceInfo): void {
    const key = `${service.namespace}/${service.name}`;
    this.#heard?.add(`services/${key}`);
    if (deepEqual(this.services.get(key), service)) return;
    this.services.set(key, service);
    this.#tell('services', key, { service: key });
  }

  #putSliceObject(object: EndpointSlice): void {
    const slice = toSliceInfo(object);
    if (slice !== undefined) return this.#putSlice(slice);
    const { namespace = '', name = '' } = object.metadata ?? {};
    this.#remove('endpointslices', `${namespace}/${name}`);
  }

  #putSlice(slice: SliceInfo): void {
    const key = `${slice.namespace}/${slice.name}`;
    const service = `${slice.namespace}/${slice.service}`;
    const previous = this.#slices.get(key);
    // A slice that was relabelled belongs to another Service now.
    if (previous !== undefined && previous.service !== slice.service) this.#remove('endpointslices', key);
    this.#heard?.add(`endpointslices/${key}`);
    // After a reconnection all is named again, and little of it is new.
    if (deepEqual(this.#slices.get(key), slice)) return;
    this.#slices.set(key, slice);
    const siblings = this.#slicesOfService.get(service) ?? new Map<string, SliceInfo>();
    this.#slicesOfService.set(service, siblings.set(key, slice));
    this.#tell('endpointslices', key, { service });
  }

  #putNode(node: NodeInfo): void {
    this.#heard?.add(`nodes/${node.name}`);
    // A node's status is written every few seconds; little of it matters here.
    if (deepEqual(this.nodes.get(node.name), node)) return;
    this.nodes.set(node.name, node);
    this.#tell('nodes', node.name, { node: node.name });
  }

  #remove(resource: string, key: string): void {
    if (resource === 'services' && this.services.delete(key)) this.#tell(resource, key, { service: key });
    if (resource === 'nodes' && this.nodes.delete(key)) this.#tell(resource, key, { node: key });
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
    this.#tell('endpointslices', key, { service });
  }

  #tell(resource: StateResource, key: string, change: StateChange): void {
    for (const recorder of this.#recorders) recorder(resource, key);
    for (const listener of this.#listeners) listener(change);
  }
}
