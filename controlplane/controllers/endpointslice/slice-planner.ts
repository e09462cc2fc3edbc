import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, OwnerReference } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Unstored } from '../../client.ts';
import { canonical, same } from '../equality.ts';

type Slice = Kinds['endpointslices'];
type Labels = Readonly<Record<string, string>>;

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

/** What all slices of a Service have in common. */
export interface SliceMetadata {
  readonly namespace: string;
  readonly generateName: string;
  readonly labels: Labels;
  readonly ownerReferences: OwnerReference[];
  /** The annotations of a slice that is written; those that it had are given. */
  readonly annotate: (before: Labels) => Labels;
  /** Whether annotations that are not as `annotate` would have them are a reason to write. */
  readonly copiesAnnotations: boolean;
}

export interface SliceRequest {
  /** The slices that the controller has written, of one address type. */
  readonly existing: readonly Slice[];
  readonly groups: readonly PortGroup[];
  readonly metadata: SliceMetadata;
  readonly addressType: string;
  readonly maxEndpoints: number;
  /** Whether a slice without endpoints says that there are none. */
  readonly placeholder: boolean;
}

/**
 * How to make `existing` hold exactly `groups` (as `k8s.io/endpointslice`): an endpoint stays in its slice; slices that change anyway
 * take new ones first, the fullest before others; what is left goes into the one slice that it fills best, or into new ones; a slice that
 * would go is written anew where another would be created.
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
  if (request.placeholder && remove.length === existing.length && create.length === 0) {
    create.push({ addressType, ports: [], endpoints: [] });
  }
  const reused = reuse(request, create, remove);
  return {
    create: create
      .slice(reused.length)
      .map((content) => ({ ...content, metadata: newMetadata(request.metadata) })),
    update: [...drafts.flatMap((draft) => draft.update), ...reused.filter(isChanged(request))],
    remove: remove.slice(reused.length),
  };
}

const newMetadata = (metadata: SliceMetadata): Unstored<Slice>['metadata'] => {
  const { namespace, generateName, labels, ownerReferences, annotate } = metadata;
  const annotations = annotate({});
  return {
    namespace,
    generateName,
    labels,
    ownerReferences,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
};

/** Writes what is to be created into what is to be removed, as far as that goes. */
function reuse({ metadata }: SliceRequest, create: readonly Content[], remove: readonly Slice[]): Slice[] {
  return remove
    .slice(0, create.length)
    .map((slice, index) => ({ ...withMetadata(slice, metadata), ...create[index]! }));
}

const isChanged =
  (request: SliceRequest) =>
  (slice: Slice): boolean => {
    const before = request.existing.find(({ metadata }) => metadata.uid === slice.metadata.uid)!;
    return (
      !same(slice.endpoints, before.endpoints) ||
      !same(slice.ports, before.ports) ||
      isRelabelled(before, request.metadata)
    );
  };

type Content = Pick<EndpointSlice, 'addressType' | 'ports' | 'endpoints'>;

const isRelabelled = ({ metadata }: Slice, { labels, annotate, copiesAnnotations }: SliceMetadata): boolean =>
  !same(metadata.labels, labels) ||
  (copiesAnnotations && !same(metadata.annotations, annotate(metadata.annotations ?? {})));

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
  const fresh = [...wanted.values()];
  fillChanged(kept, fresh, request.maxEndpoints);
  const created: Endpoint[][] = [];
  while (fresh.length > 0) {
    const roomy =
      fresh.length < request.maxEndpoints ? bestFit(kept, fresh.length, request.maxEndpoints) : undefined;
    if (roomy === undefined) created.push(fresh.splice(0, request.maxEndpoints));
    else {
      roomy.endpoints.push(...fresh.splice(0));
      roomy.changed = true;
    }
  }
  return {
    create: created.map((endpoints) => ({
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

/** Takes out of `fresh` what finds room in slices that are written anyway. */
function fillChanged(kept: readonly Kept[], fresh: Endpoint[], max: number): void {
  const changed = kept.filter((one) => one.changed && one.endpoints.length > 0);
  for (const { endpoints } of changed.sort((one, other) => other.endpoints.length - one.endpoints.length)) {
    endpoints.push(...fresh.splice(0, max - endpoints.length));
  }
}

/** The slice that is fullest with `count` more (`getSliceToFill`). */
function bestFit(kept: readonly Kept[], count: number, max: number): Kept | undefined {
  const roomy = kept.filter(({ endpoints }) => endpoints.length > 0 && endpoints.length + count <= max);
  return roomy.sort((one, other) => other.endpoints.length - one.endpoints.length)[0];
}

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
  const isSame =
    endpoints.length === before.length && before.every((one, at) => isSameAs(one, endpoints[at]!));
  return { slice, endpoints, changed: isRelabelled(slice, request.metadata) || !isSame };
}

/** What is stored, by what was wanted and found to be the same: most are compared again and again. */
const knownSame = new WeakMap<Endpoint, Endpoint>();

function isSameAs(stored: Endpoint, wanted: Endpoint): boolean {
  if (knownSame.get(stored) === wanted) return true;
  const isSame = same(stored, wanted);
  if (isSame) knownSame.set(stored, wanted);
  return isSame;
}

const identities = new WeakMap<Endpoint, string>();

function identityOf(endpoint: Endpoint): string {
  const known = identities.get(endpoint);
  if (known !== undefined) return known;
  const { addresses, targetRef, hostname } = endpoint;
  const identity = [targetRef?.uid ?? '', hostname ?? '', ...addresses].join(' ');
  identities.set(endpoint, identity);
  return identity;
}

function withMetadata(slice: Slice, { labels, annotate }: SliceMetadata): Slice {
  const { annotations: before = {}, ...metadata } = slice.metadata;
  const annotations = annotate(before);
  return {
    ...slice,
    metadata: {
      ...metadata,
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
  };
}
