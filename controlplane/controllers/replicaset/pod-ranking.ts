import type { Kinds } from '#api/resources.ts';
import { isActive, isReady, readyCondition } from '../pod-state.ts';

type Pod = Kinds['pods'];

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASE_RANK: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The `count` Pods to delete first, as `controller.ActivePodsWithRanks` (`pkg/controller/controller_utils.go`) orders them.
 *
 * @param related Pods of all ReplicaSets of the same owner: of two Pods, the one on the node with more of these goes first.
 * @param now milliseconds since the epoch.
 */
export function podsToDelete(
  pods: readonly Pod[],
  related: readonly Pod[],
  count: number,
  now: number,
): readonly Pod[] {
  if (count >= pods.length) return pods;
  const onNode = countByNode(related.filter(isActive));
  const compare = byDeletionOrder(onNode, now);
  return [...pods].sort(compare).slice(0, count);
}

function countByNode(pods: readonly Pod[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) counts.set(nodeOf(pod), (counts.get(nodeOf(pod)) ?? 0) + 1);
  return counts;
}

const nodeOf = (pod: Pod): string => pod.spec?.nodeName ?? '';

type Order = (one: Pod, other: Pod) => number;

function byDeletionOrder(onNode: ReadonlyMap<string, number>, now: number): Order {
  const rules: readonly Order[] = [
    ascending((pod) => (nodeOf(pod) === '' ? 0 : 1)),
    ascending((pod) => PHASE_RANK[pod.status?.phase ?? ''] ?? 0),
    ascending((pod) => (isReady(pod) ? 1 : 0)),
    ascending(deletionCost),
    ascending((pod) => -(onNode.get(nodeOf(pod)) ?? 0)),
    (one, other) => (isReady(one) && isReady(other) ? byLogAge(readySince, now)(one, other) : 0),
    ascending((pod) => -restarts(pod, 'containerStatuses')),
    ascending((pod) => -restarts(pod, 'initContainerStatuses')),
    byLogAge((pod) => Date.parse(pod.metadata.creationTimestamp), now),
    byUid,
  ];
  return (one, other) => {
    for (const rule of rules) {
      const order = rule(one, other);
      if (order !== 0) return order;
    }
    return 0;
  };
}

const byUid: Order = (one, other) => (one.metadata.uid < other.metadata.uid ? -1 : 1);

const ascending =
  (value: (pod: Pod) => number): Order =>
  (one, other) =>
    value(one) - value(other);

/** The youngest first; of ages of the same power of two any (KEP-2185), so that the choice is not always the newest. */
const byLogAge =
  (since: (pod: Pod) => number, now: number): Order =>
  (one, other) => {
    const [a, b] = [since(one), since(other)];
    if (a === b) return 0;
    return logAge(a, now) - logAge(b, now) || byUid(one, other);
  };

function logAge(since: number, now: number): number {
  const nanoseconds = (now - since) * 1e6;
  return nanoseconds <= 0 ? -1 : Math.floor(Math.log2(nanoseconds));
}

const readySince = (pod: Pod): number => Date.parse(readyCondition(pod)?.lastTransitionTime ?? '') || 0;

/** What cannot be parsed costs nothing; the API refuses it on the way in. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '0';
  return /^-?\d+$/.test(text) ? Number(text) : 0;
}

/** `maxContainerRestarts`: of the containers that restarted most. */
const restarts = (pod: Pod, field: 'containerStatuses' | 'initContainerStatuses'): number =>
  Math.max(0, ...(pod.status?.[field] ?? []).map(({ restartCount }) => restartCount));
