import { fitError, type FitError, type NodeRejection } from './fit-error.ts';
import type { Cycle, Filter, Plugin } from './framework.ts';
import type { NodeInfo } from './node-info.ts';

export type Decision = { readonly nodeName: string } | { readonly failure: FitError };

/** Picks the node for a Pod: those that every filter lets through, of them one with the highest sum of scores, by `random` in [0, 1). */
export function schedulePod(cycle: Cycle, plugins: readonly Plugin[], random: () => number): Decision {
  const { feasible, rejections } = findFeasible(cycle, plugins);
  if (feasible.length === 0) return { failure: fitError(cycle.pod, rejections) };
  return { nodeName: selectNode(cycle, plugins, feasible, random).name };
}

function findFeasible(
  cycle: Cycle,
  plugins: readonly Plugin[],
): { feasible: NodeInfo[]; rejections: NodeRejection[] } {
  const filters = filtersFor(cycle, plugins);
  const feasible: NodeInfo[] = [];
  const rejections: NodeRejection[] = [];
  for (const node of cycle.nodes) {
    const rejected = firstRejection(filters, node);
    if (rejected === undefined) feasible.push(node);
    else rejections.push(rejected);
  }
  return { feasible, rejections };
}

/**
 * Whether a change of this node may have made room for the Pod, so far as the node alone decides: to try the Pod again in vain would make it
 * wait longer the next time.
 */
export function mayFit(cycle: Cycle, plugins: readonly Plugin[], node: NodeInfo): boolean {
  const local = plugins.filter(({ looksBeyondNode }) => looksBeyondNode !== true);
  return firstRejection(filtersFor(cycle, local), node) === undefined;
}

interface NamedFilter {
  readonly plugin: string;
  readonly filter: Filter;
}

const filtersFor = (cycle: Cycle, plugins: readonly Plugin[]): NamedFilter[] =>
  plugins.flatMap((plugin) => {
    const filter = plugin.filter?.(cycle);
    return filter === undefined ? [] : [{ plugin: plugin.name, filter }];
  });

function firstRejection(filters: readonly NamedFilter[], node: NodeInfo): NodeRejection | undefined {
  for (const { plugin, filter } of filters) {
    const rejection = filter(node);
    if (rejection !== undefined) return { plugin, rejection };
  }
  return undefined;
}

function selectNode(
  cycle: Cycle,
  plugins: readonly Plugin[],
  feasible: readonly NodeInfo[],
  random: () => number,
): NodeInfo {
  if (feasible.length === 1) return feasible[0]!;
  const totals = feasible.map(() => 0);
  for (const plugin of plugins) {
    const scores = plugin.score?.(cycle, feasible) ?? [];
    for (const [i, score] of scores.entries()) totals[i]! += score * (plugin.weight ?? 1);
  }
  const highest = Math.max(...totals);
  const best = feasible.filter((_, i) => totals[i] === highest);
  return best[Math.floor(random() * best.length)]!;
}
