import { MAX_SCORE, type Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podRequests, type Amounts } from '../resources.ts';

/** Prefers nodes on which CPU and memory would be used to the same degree. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  events: [],
  score({ pod }, feasible) {
    const requests = podRequests(pod);
    const isBestEffort = [...requests.values()].every((amount) => amount === 0);
    return isBestEffort ? undefined : feasible.map((node) => balance(requests, node));
  },
};

/** Scheduler `noderesources/balanced_allocation.go`: the standard deviation of two shares is half their difference. */
function balance(requests: Amounts, node: NodeInfo): number {
  const shares = ['cpu', 'memory'].flatMap((resource) => {
    const capacity = node.allocatable.get(resource) ?? 0;
    if (capacity === 0) return [];
    const requested = (node.requested.get(resource) ?? 0) + (requests.get(resource) ?? 0);
    return [Math.min(1, requested / capacity)];
  });
  const deviation = shares.length === 2 ? Math.abs(shares[0]! - shares[1]!) / 2 : 0;
  return Math.trunc((1 - deviation) * MAX_SCORE);
}
