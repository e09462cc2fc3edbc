import type { Container, Pod } from '#api/gen/types.ts';
import { addLists, maxOfLists, type ResourceList } from './resource-list.ts';

type Kind = 'requests' | 'limits';

/**
 * What a Pod requests of a node, or is limited to (k8s.io/component-helpers `resource.PodRequests` and `PodLimits`): its containers together, or
 * what its init containers take while they run, whichever is more; what the Pod says as a whole goes before its containers.
 */
export function podResources({ spec }: Pick<Pod, 'spec'>, kind: Kind): ResourceList {
  let total: ResourceList = {};
  for (const container of spec?.containers ?? []) total = addLists(total, of(container, kind));
  const { sidecars, highest } = initResources(spec?.initContainers ?? [], kind);
  total = { ...maxOfLists(addLists(total, sidecars), highest), ...spec?.resources?.[kind] };
  return kind === 'limits'
    ? withOverheadOfLimits(total, spec?.overhead)
    : addLists(total, spec?.overhead ?? {});
}

const of = ({ resources }: Container, kind: Kind): ResourceList => resources?.[kind] ?? {};

/** Sidecars (init containers that are always restarted) run on beside the later init containers. */
function initResources(
  containers: readonly Container[],
  kind: Kind,
): { sidecars: ResourceList; highest: ResourceList } {
  let sidecars: ResourceList = {};
  let highest: ResourceList = {};
  for (const container of containers) {
    const isSidecar = container.restartPolicy === 'Always';
    if (isSidecar) sidecars = addLists(sidecars, of(container, kind));
    highest = maxOfLists(highest, isSidecar ? sidecars : addLists(sidecars, of(container, kind)));
  }
  return { sidecars, highest };
}

/** Overhead does not limit what is not limited. */
const withOverheadOfLimits = (limits: ResourceList, overhead: ResourceList = {}): ResourceList =>
  addLists(
    limits,
    Object.fromEntries(Object.entries(overhead).filter(([name]) => limits[name] !== undefined)),
  );
