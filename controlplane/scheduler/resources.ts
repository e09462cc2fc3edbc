import type { Container, ResourceRequirements } from '#api/gen/types.ts';
import { quantityMilliValue, quantityValue } from '#api/quantity.ts';
import type { Pod } from './framework.ts';

/** Amounts by resource name: `cpu` in millicores, the others in units. */
export type Amounts = Map<string, number>;
type Quantities = { readonly [resource: string]: string } | undefined;

/** What a container without requests counts as when nodes are compared (scheduler `util/pod_resources.go`). */
const DEFAULT_MILLI_CPU_REQUEST = 100;
const DEFAULT_MEMORY_REQUEST = 200 * 1024 * 1024;

export function toAmounts(quantities: Quantities): Amounts {
  const amounts: Amounts = new Map();
  for (const [resource, quantity] of Object.entries(quantities ?? {})) {
    amounts.set(resource, resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity));
  }
  return amounts;
}

export function add(into: Amounts, more: Amounts, sign: 1 | -1 = 1): void {
  for (const [resource, amount] of more) into.set(resource, (into.get(resource) ?? 0) + sign * amount);
}

function raiseTo(into: Amounts, floor: Amounts): void {
  for (const [resource, amount] of floor) into.set(resource, Math.max(into.get(resource) ?? 0, amount));
}

type RequestsOf = (container: Container) => Amounts;

/**
 * What a Pod takes of its node (k8s.io/component-helpers `resource.PodRequests`): its containers together, or what its init containers take
 * while they run, whichever is more; requests of the Pod as a whole go before those of its containers.
 */
export function podRequests(pod: Pod): Amounts {
  const total = sumOf(pod, (container) => toAmounts(container.resources?.requests));
  return withPodLevel(total, pod.spec?.resources, pod.spec?.overhead);
}

/** `podRequests`, but every container counts with at least some CPU and memory: for comparing nodes only. */
export function nonZeroPodRequests(pod: Pod): Amounts {
  const total = sumOf(pod, (container) => {
    const requests = toAmounts(container.resources?.requests);
    if (!requests.has('cpu')) requests.set('cpu', DEFAULT_MILLI_CPU_REQUEST);
    if (!requests.has('memory')) requests.set('memory', DEFAULT_MEMORY_REQUEST);
    return requests;
  });
  return withPodLevel(total, pod.spec?.resources, pod.spec?.overhead);
}

function sumOf(pod: Pod, requestsOf: RequestsOf): Amounts {
  const total: Amounts = new Map();
  for (const container of pod.spec?.containers ?? []) add(total, requestsOf(container));
  const { sidecars, highest } = initRequests(pod.spec?.initContainers ?? [], requestsOf);
  add(total, sidecars);
  raiseTo(total, highest);
  return total;
}

/** Sidecars (init containers that are always restarted) run on beside the later init containers and the containers. */
function initRequests(
  containers: readonly Container[],
  requestsOf: RequestsOf,
): { sidecars: Amounts; highest: Amounts } {
  const sidecars: Amounts = new Map();
  const highest: Amounts = new Map();
  for (const container of containers) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') add(sidecars, requests);
    const running = new Map(sidecars);
    if (container.restartPolicy !== 'Always') add(running, requests);
    raiseTo(highest, running);
  }
  return { sidecars, highest };
}

function withPodLevel(
  total: Amounts,
  resources: ResourceRequirements | undefined,
  overhead: Quantities,
): Amounts {
  for (const [resource, amount] of toAmounts(resources?.requests)) total.set(resource, amount);
  add(total, toAmounts(overhead));
  return total;
}
