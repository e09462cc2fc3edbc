import {
  MAX_SCORE,
  unresolvable,
  unschedulable,
  type Cycle,
  type Filter,
  type Plugin,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import {
  countMatching,
  defaultConstraints,
  HOSTNAME,
  ownConstraints,
  type Constraint,
} from './spread-constraints.ts';

const NO_MATCH = "node(s) didn't match pod topology spread constraints";

/** Keeps Pods spread over hosts, zones or what else labels tell apart: as the Pod demands, and where it demands nothing, as well as may be. */
export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  looksBeyondNode: true,
  events: ['NodeAdd', 'NodeUpdate', 'PodAdd', 'PodUpdate', 'PodDelete'],
  filter(cycle) {
    const constraints = ownConstraints(cycle.pod, 'DoNotSchedule');
    return constraints.length === 0 ? undefined : filterBy(cycle, constraints);
  },
  score(cycle, feasible) {
    const isOwn = (cycle.pod.spec?.topologySpreadConstraints ?? []).length > 0;
    const constraints = isOwn ? ownConstraints(cycle.pod, 'ScheduleAnyway') : defaultConstraints(cycle);
    return constraints.length === 0 ? undefined : scoreBy(cycle, constraints, feasible, isOwn);
  },
};

/** Scheduler `podtopologyspread/filtering.go`. */
function filterBy({ pod, nodes }: Cycle, constraints: readonly Constraint[]): Filter {
  const countable = nodes.filter((node) => hasAllLabels(node, constraints));
  const states = constraints.map((constraint) => {
    const counts = countByDomain(
      constraint,
      countable.filter((node) => constraint.includes(node)),
      pod.metadata.namespace,
    );
    const least = counts.size < constraint.minDomains ? 0 : Math.min(...counts.values());
    return { constraint, counts, least, self: constraint.counts(pod.metadata.labels) ? 1 : 0 };
  });
  return (node) => {
    for (const { constraint, counts, least, self } of states) {
      const domain = node.labels[constraint.topologyKey];
      if (domain === undefined) return unresolvable(`${NO_MATCH} (missing required label)`);
      const skew = (counts.get(domain) ?? 0) + self - (least === Infinity ? 0 : least);
      if (skew > constraint.maxSkew) return unschedulable(NO_MATCH);
    }
    return undefined;
  };
}

const hasAllLabels = (node: NodeInfo, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);

function countByDomain(
  constraint: Constraint,
  nodes: readonly NodeInfo[],
  namespace: string | undefined,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const domain = node.labels[constraint.topologyKey];
    if (domain === undefined) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + countMatching(constraint, node, namespace));
  }
  return counts;
}

/** Scheduler `podtopologyspread/scoring.go`: fewer matching Pods in a node's domains are better. */
function scoreBy(
  cycle: Cycle,
  constraints: readonly Constraint[],
  feasible: readonly NodeInfo[],
  needsAllLabels: boolean,
): number[] {
  const isIgnored = (node: NodeInfo): boolean => needsAllLabels && !hasAllLabels(node, constraints);
  const scorable = feasible.filter((node) => !isIgnored(node));
  const sums = feasible.map(() => 0);
  for (const constraint of constraints) {
    const scoreOf = domainScore(cycle, constraint, scorable, isIgnored);
    for (const [i, node] of feasible.entries()) sums[i]! += scoreOf(node);
  }
  return invert(feasible.map((node, i) => (isIgnored(node) ? undefined : Math.round(sums[i]!))));
}

/** A domain's Pods, weighted so that many small domains do not drown a few large ones. */
function domainScore(
  { pod, nodes }: Cycle,
  constraint: Constraint,
  scorable: readonly NodeInfo[],
  isIgnored: (node: NodeInfo) => boolean,
): (node: NodeInfo) => number {
  const { topologyKey, maxSkew } = constraint;
  const { namespace } = pod.metadata;
  const included = nodes.filter((node) => !isIgnored(node) && constraint.includes(node));
  const perHost = topologyKey === HOSTNAME;
  const counts = perHost ? new Map<string, number>() : countByDomain(constraint, included, namespace);
  const domains = new Set(scorable.map((node) => node.labels[topologyKey]));
  const weight = Math.log((perHost ? scorable.length : domains.size) + 2);
  return (node) => {
    const domain = node.labels[topologyKey];
    if (domain === undefined) return 0;
    const count = perHost ? countMatching(constraint, node, namespace) : (counts.get(domain) ?? 0);
    return count * weight + (maxSkew - 1);
  };
}

/** The lowest sum gets the highest score; undefined ones get 0. */
function invert(sums: readonly (number | undefined)[]): number[] {
  const given = sums.filter((sum) => sum !== undefined);
  const [least, most] = [Math.min(...given), Math.max(0, ...given)];
  return sums.map((sum) => {
    if (sum === undefined) return 0;
    return most === 0 ? MAX_SCORE : Math.trunc((MAX_SCORE * (most + least - sum)) / most);
  });
}
