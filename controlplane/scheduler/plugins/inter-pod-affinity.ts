import {
  MAX_SCORE,
  unresolvable,
  unschedulable,
  type Cycle,
  type Filter,
  type Plugin,
  type Pod,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { preferredTerms, requiredTerms, type Term } from './affinity-terms.ts';

/** Keeps Pods near to, or away from, other Pods. */
export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
  looksBeyondNode: true,
  events: ['NodeAdd', 'NodeUpdate', 'PodAdd', 'PodUpdate', 'PodDelete'],
  filter: (cycle) => allOf([ownAffinity(cycle), ownAntiAffinity(cycle), existingAntiAffinity(cycle)]),
  score(cycle, feasible) {
    const weights = topologyWeights(cycle);
    if (weights.size === 0) return undefined;
    return spread(feasible.map((node) => sumOver(weights, node)));
  },
};

function allOf(filters: readonly (Filter | undefined)[]): Filter | undefined {
  const given = filters.filter((filter) => filter !== undefined);
  if (given.length === 0) return undefined;
  return (node) => {
    for (const filter of given) {
      const rejection = filter(node);
      if (rejection !== undefined) return rejection;
    }
    return undefined;
  };
}

/** Label `key=value` of nodes. */
type Domain = string;
const domainOf = (key: string, node: NodeInfo): Domain | undefined => {
  const value = node.labels[key];
  return value === undefined ? undefined : `${key}=${value}`;
};

function* podsOf(nodes: readonly NodeInfo[]): Iterable<{ node: NodeInfo; other: Pod }> {
  for (const node of nodes) {
    for (const { pod } of node.pods) yield { node, other: pod };
  }
}

/** The domains in which a Pod runs that wants none such as the new one near it. */
function existingAntiAffinity({ pod, nodes, client }: Cycle): Filter | undefined {
  const forbidden = new Map<string, Set<Domain>>();
  for (const { node, other } of podsOf(nodes)) {
    if (other.spec?.affinity?.podAntiAffinity === undefined) continue;
    for (const term of requiredTerms(other, 'podAntiAffinity', client)) {
      const domain = domainOf(term.topologyKey, node);
      if (domain === undefined || !term.matches(pod)) continue;
      forbidden.set(term.topologyKey, (forbidden.get(term.topologyKey) ?? new Set()).add(domain));
    }
  }
  if (forbidden.size === 0) return undefined;
  return (node) => {
    const hit = [...forbidden].some(([key, domains]) => domains.has(domainOf(key, node) ?? ''));
    return hit ? unschedulable("node(s) didn't satisfy existing pods anti-affinity rules") : undefined;
  };
}

/** Every term must find, in the node's domain, a Pod that matches all terms; the first Pod of a group that wants its own kind is let in. */
function ownAffinity({ pod, nodes, client }: Cycle): Filter | undefined {
  const terms = requiredTerms(pod, 'podAffinity', client);
  if (terms.length === 0) return undefined;
  const matchesAll = (other: Pod): boolean => terms.every((term) => term.matches(other));
  const domains = domainsOf(terms, nodes, matchesAll);
  const isFirst = domains.size === 0 && matchesAll(pod);
  return (node) => {
    const near = terms.map(({ topologyKey }) => domainOf(topologyKey, node));
    const fits = near.every((domain) => domain !== undefined && (isFirst || domains.has(domain)));
    return fits ? undefined : unresolvable("node(s) didn't match pod affinity rules");
  };
}

function ownAntiAffinity({ pod, nodes, client }: Cycle): Filter | undefined {
  const terms = requiredTerms(pod, 'podAntiAffinity', client);
  if (terms.length === 0) return undefined;
  const found = terms.map((term) => ({ term, domains: domainsOf([term], nodes, term.matches) }));
  return (node) => {
    const hit = found.some(({ term, domains }) => domains.has(domainOf(term.topologyKey, node) ?? ''));
    return hit ? unschedulable("node(s) didn't match pod anti-affinity rules") : undefined;
  };
}

/** The domains, by the terms' keys, with a Pod that matches. */
function domainsOf(
  terms: readonly Term[],
  nodes: readonly NodeInfo[],
  matches: (other: Pod) => boolean,
): Set<Domain> {
  const domains = new Set<Domain>();
  for (const { node, other } of podsOf(nodes)) {
    if (!matches(other)) continue;
    for (const { topologyKey } of terms) {
      const domain = domainOf(topologyKey, node);
      if (domain !== undefined) domains.add(domain);
    }
  }
  return domains;
}

/** What required affinity of Pods that run already is worth to the new one (`hardPodAffinityWeight`). */
const HARD_AFFINITY_WEIGHT = 1;

/** The weights of preferred terms, the Pod's own and those of other Pods that match it, summed by topology key and domain. */
function topologyWeights({ pod, nodes, client }: Cycle): Map<string, Map<Domain, number>> {
  const weights = new Map<string, Map<Domain, number>>();
  const add = (key: string, node: NodeInfo, weight: number): void => {
    const domain = domainOf(key, node);
    if (domain === undefined) return;
    const domains = weights.get(key) ?? new Map<Domain, number>();
    weights.set(key, domains.set(domain, (domains.get(domain) ?? 0) + weight));
  };
  const own = [
    ...preferredTerms(pod, 'podAffinity', client).map((term) => ({ term, sign: 1 })),
    ...preferredTerms(pod, 'podAntiAffinity', client).map((term) => ({ term, sign: -1 })),
  ];
  for (const { node, other } of podsOf(nodes)) {
    for (const { term, sign } of own) {
      if (term.matches(other)) add(term.topologyKey, node, sign * term.weight);
    }
    if (other.spec?.affinity === undefined) continue;
    for (const { topologyKey, weight, matches } of termsOfExisting(other, client)) {
      if (matches(pod)) add(topologyKey, node, weight);
    }
  }
  return weights;
}

const termsOfExisting = (other: Pod, client: Cycle['client']): (Term & { weight: number })[] => [
  ...preferredTerms(other, 'podAffinity', client),
  ...preferredTerms(other, 'podAntiAffinity', client).map((term) => ({ ...term, weight: -term.weight })),
  ...requiredTerms(other, 'podAffinity', client).map((term) => ({ ...term, weight: HARD_AFFINITY_WEIGHT })),
];

function sumOver(weights: Map<string, Map<Domain, number>>, node: NodeInfo): number {
  let sum = 0;
  for (const [key, domains] of weights) sum += domains.get(domainOf(key, node) ?? '') ?? 0;
  return sum;
}

/** The least becomes 0, the most 100. */
function spread(sums: readonly number[]): number[] {
  const [least, most] = [Math.min(...sums), Math.max(...sums)];
  return sums.map((sum) => (most === least ? 0 : Math.trunc((MAX_SCORE * (sum - least)) / (most - least))));
}
