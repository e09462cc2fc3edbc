import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Unstored } from '../../client.ts';
import { canonical, same } from '../equality.ts';

type Slice = Kinds['endpointslices'];

/** Endpoints that are reached on the same ports. */
export interface PortGroup {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SlicePlan {
  readonly create: readonly Unstored<Slice>[];
  readonly update: readonly Slice[];
  readonly remove: readonly Slice[];
}

export interface SliceRequest {
  /** The slices that the controller has written, of one address type. */
  readonly existing: readonly Slice[];
  readonly groups: readonly PortGroup[];
  /** Of every slice: labels, owner, and the name to generate from; annotations only of those that change. */
  readonly metadata: Unstored<Slice>['metadata'];
  readonly addressType: string;
  readonly maxEndpoints: number;
}

/**
 * How to make `existing` hold exactly `groups` (as `k8s.io/endpointslice`): an endpoint stays in its slice; slices that change anyway
 * take new ones first; a slice that would go is written anew where another would be created. One slice without endpoints says that there
 * are none.
 */
export function planSlices(request: SliceRequest): SlicePlan {
  const { existing, groups, addressType, metadata } = request;
  const keys = new Set(groups.map(({ ports }) => canonical(ports)));
  const plan = {
    create: [] as Content[],
    update: [] as Slice[],
    remove: existing.filter(({ ports }) => !keys.has(canonical(ports))),
  };
  for (const group of groups) {
    const key = canonical(group.ports);
    planGroup(
      request,
      group,
      existing.filter(({ ports }) => canonical(ports) === key),
      plan,
    );
  }
  if (plan.remove.length === existing.length && plan.create.length === 0) {
    plan.create.push({ addressType, ports: [], endpoints: [] });
  }
  const reused = plan.remove.splice(0, plan.create.length).map((slice, index) => ({
    ...withMetadata(slice, metadata),
    ...plan.create[index]!,
  }));
  const created = plan.create.slice(reused.length).map((content) => ({ ...content, metadata }));
  const changed = reused.filter((slice) => !sameSlice(slice, existing));
  return { create: created, update: [...plan.update, ...changed], remove: plan.remove };
}

type Content = Pick<EndpointSlice, 'addressType' | 'ports' | 'endpoints'>;

function sameSlice(slice: Slice, existing: readonly Slice[]): boolean {
  const before = existing.find(({ metadata }) => metadata.uid === slice.metadata.uid)!;
  return (
    same(slice.endpoints, before.endpoints) && same(slice.ports, before.ports) && sameLabels(slice, before)
  );
}

const sameLabels = (one: Slice, other: Slice): boolean => same(one.metadata.labels, other.metadata.labels);

function planGroup(
  request: SliceRequest,
  group: PortGroup,
  existing: readonly Slice[],
  plan: { create: Content[]; update: Slice[]; remove: Slice[] },
): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = existing.map((slice) => keepEndpoints(slice, wanted, request));
  const rest = [...wanted.values()];
  for (const one of kept) {
    if (one.changed) one.endpoints.push(...rest.splice(0, request.maxEndpoints - one.endpoints.length));
  }
  const roomy = kept.find(({ endpoints }) => endpoints.length + rest.length <= request.maxEndpoints);
  if (rest.length > 0 && roomy !== undefined) {
    roomy.endpoints.push(...rest.splice(0));
    roomy.changed = true;
  }
  for (const { slice, endpoints, changed } of kept) {
    if (endpoints.length === 0) plan.remove.push(slice);
    else if (changed) plan.update.push({ ...withMetadata(slice, request.metadata), endpoints });
  }
  while (rest.length > 0) {
    const endpoints = rest.splice(0, request.maxEndpoints);
    plan.create.push({ addressType: request.addressType, ports: [...group.ports], endpoints });
  }
}

/** Takes what the slice already holds out of `wanted`. */
function keepEndpoints(slice: Slice, wanted: Map<string, Endpoint>, request: SliceRequest) {
  const before = slice.endpoints ?? [];
  const endpoints: Endpoint[] = [];
  for (const endpoint of before) {
    const identity = identityOf(endpoint);
    const now = wanted.get(identity);
    if (now === undefined) continue;
    endpoints.push(now);
    wanted.delete(identity);
  }
  const relabelled = !sameLabels(slice, withMetadata(slice, request.metadata));
  return { slice, endpoints, changed: relabelled || !same(endpoints, before) };
}

const identityOf = ({ addresses, targetRef, hostname }: Endpoint): string =>
  [targetRef?.uid ?? '', hostname ?? '', ...addresses].join(' ');

function withMetadata(slice: Slice, { labels, annotations }: SliceRequest['metadata']): Slice {
  const { annotations: _, ...metadata } = slice.metadata;
  return {
    ...slice,
    metadata: {
      ...metadata,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
