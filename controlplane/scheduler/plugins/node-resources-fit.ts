import { MAX_SCORE, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { nonZeroPodRequests, podRequests, type Amounts } from '../resources.ts';

/** Turns down nodes without enough free resources, and prefers those with more left (the strategy LeastAllocated). */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  events: ['NodeAdd', 'NodeUpdate', 'PodDelete', 'PodUpdate'],
  filter({ pod }) {
    const requests = podRequests(pod);
    return (node) => insufficient(requests, node);
  },
  score({ pod }, feasible) {
    const requests = nonZeroPodRequests(pod);
    return feasible.map((node) => leastAllocated(requests, node));
  },
};

/** Every resource that is short is a reason of its own; an extended one that the Pod does not ask for never is. */
function insufficient(requests: Amounts, node: NodeInfo): Rejection | undefined {
  const reasons: string[] = [];
  let unresolvable = false;
  if (node.podCount + 1 > (node.allocatable.get('pods') ?? 0)) reasons.push('Too many pods');
  for (const resource of inOrder(requests)) {
    const wanted = requests.get(resource) ?? 0;
    const capacity = node.allocatable.get(resource) ?? 0;
    if (wanted <= capacity - (node.requested.get(resource) ?? 0)) continue;
    reasons.push(`Insufficient ${resource}`);
    unresolvable ||= wanted > capacity;
  }
  return reasons.length === 0 ? undefined : { reasons, unresolvable };
}

const FIRST = ['cpu', 'memory', 'ephemeral-storage'];

const inOrder = (requests: Amounts): string[] => [
  ...FIRST.filter((resource) => (requests.get(resource) ?? 0) > 0),
  ...[...requests.keys()].filter((resource) => !FIRST.includes(resource) && requests.get(resource)! > 0),
];

/** Scheduler `noderesources/least_allocated.go`, for CPU and memory with the same weight. */
function leastAllocated(requests: Amounts, node: NodeInfo): number {
  const shares = ['cpu', 'memory'].flatMap((resource) => {
    const capacity = node.allocatable.get(resource) ?? 0;
    if (capacity === 0) return [];
    const requested = (node.nonZeroRequested.get(resource) ?? 0) + (requests.get(resource) ?? 0);
    return requested > capacity ? [0] : [Math.trunc(((capacity - requested) * MAX_SCORE) / capacity)];
  });
  if (shares.length === 0) return 0;
  return Math.trunc(shares.reduce((sum, share) => sum + share, 0) / shares.length);
}
