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
  const { existing, groups, addressType } = request;
  const drafts = groups.map((group) => planGroup(request, group));
  const wanted = new Set(groups.map(({ ports }) => canonical(ports)));
  const create = drafts.flatMap((draft) => draft.create);
  const remove = [
    ...existing.filter(({ ports }) => !wanted.has(canonical(ports))),
    ...drafts.flatMap((draft) => draft.remove),
  ];
  if (remove.length === existing.length && create.length === 0) {
    create.push({ addressType, ports: [], endpoints: [] });
  }
  const reused = reuse(request, create, remove);
  return {
    create: create.slice(reused.length).map((content) => ({ ...content, metadata: request.metadata })),
    update: [...drafts.flatMap((draft) => draft.update), ...reused.filter(isChanged(existing))],
    remove: remove.slice(reused.length),
  };
}

/** Writes what is to be created into what is to be removed, as far as that goes. */
function reuse({ metadata }: SliceRequest, create: readonly Content[], remove: readonly Slice[]): Slice[] {
  return remove
    .slice(0, create.length)
    .map((slice, index) => ({ ...withMetadata(slice, metadata), ...create[index]! }));
}

const isChanged =
  (existing: readonly Slice[]) =>
  (slice: Slice): boolean => {
    const before = existing.find(({ metadata }) => metadata.uid === slice.metadata.uid)!;
    return !(
      same(slice.endpoints, before.endpoints) &&
      same(slice.ports, before.ports) &&
      sameLabels(slice, before)
    );
  };

type Content = Pick<EndpointSlice, 'addressType' | 'ports' | 'endpoints'>;

const sameLabels = (one: Slice, other: Slice): boolean => same(one.metadata.labels, other.metadata.labels);

interface Draft {
  readonly create: Content[];
  readonly update: Slice[];
  readonly remove: Slice[];
}

function planGroup(request: SliceRequest, group: PortGroup): Draft {
  const key = canonical(group.ports);
  const wanted = new Map(group.endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = request.existing
    .filter(({ ports }) => canonical(ports) === key)
    .map((slice) => keepEndpoints(slice, wanted, request));
  const rest = placeInto(kept, [...wanted.values()], request.maxEndpoints);
  return {
    create: chunks(rest, request.maxEndpoints).map((endpoints) => ({
      addressType: request.addressType,
      ports: [...group.ports],
      endpoints,
    })),
    update: kept
      .filter(({ changed, endpoints }) => changed && endpoints.length > 0)
      .map(({ slice, endpoints }) => ({ ...withMetadata(slice, request.metadata), endpoints })),
    remove: kept.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice),
  };
}

/** Puts new endpoints into slices that change anyway, then into one that has room for all that are left; returns the others. */
function placeInto(kept: readonly Kept[], fresh: readonly Endpoint[], max: number): Endpoint[] {
  const rest = [...fresh];
  for (const { changed, endpoints } of kept) {
    if (changed) endpoints.push(...rest.splice(0, max - endpoints.length));
  }
  const roomy = kept.find(({ endpoints }) => endpoints.length + rest.length <= max);
  if (rest.length === 0 || roomy === undefined) return rest;
  roomy.endpoints.push(...rest);
  roomy.changed = true;
  return [];
}

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );

interface Kept {
  readonly slice: Slice;
  readonly endpoints: Endpoint[];
  changed: boolean;
}

/** Takes what the slice already holds out of `wanted`. */
function keepEndpoints(slice: Slice, wanted: Map<string, Endpoint>, request: SliceRequest): Kept {
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
