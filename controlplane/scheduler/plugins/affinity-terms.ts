import type { PodAffinityTerm } from '#api/gen/types.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import type { Cycle, Pod } from '../framework.ts';

/** A term of a Pod's affinity or anti-affinity to other Pods. */
export interface Term {
  readonly topologyKey: string;
  readonly matches: (other: Pod) => boolean;
}

export interface WeightedTerm extends Term {
  readonly weight: number;
}

type Side = 'podAffinity' | 'podAntiAffinity';
type Namespaces = Cycle['client'];

export function requiredTerms(pod: Pod, side: Side, client: Namespaces): Term[] {
  const terms = pod.spec?.affinity?.[side]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.map((term) => toTerm(pod, term, client));
}

export function preferredTerms(pod: Pod, side: Side, client: Namespaces): WeightedTerm[] {
  const terms = pod.spec?.affinity?.[side]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.map(({ weight, podAffinityTerm }) => ({ weight, ...toTerm(pod, podAffinityTerm, client) }));
}

function toTerm(pod: Pod, term: PodAffinityTerm, client: Namespaces): Term {
  const matchesLabels = labelSelectorMatcher(term.labelSelector);
  const inNamespace = namespaceMatcher(pod, term, client);
  return {
    topologyKey: term.topologyKey,
    matches: ({ metadata }) => inNamespace(metadata.namespace ?? '') && matchesLabels(metadata.labels),
  };
}

/** Without names and selector, the Pod's own namespace; an empty selector selects all. */
function namespaceMatcher(pod: Pod, term: PodAffinityTerm, client: Namespaces): (name: string) => boolean {
  const names = term.namespaces ?? [];
  if (names.length === 0 && term.namespaceSelector === undefined) {
    return (name) => name === pod.metadata.namespace;
  }
  const matchesLabels = labelSelectorMatcher(term.namespaceSelector);
  return (name) => {
    if (names.includes(name)) return true;
    const namespace = client.get('namespaces', '', name);
    return namespace !== undefined && matchesLabels(namespace.metadata.labels);
  };
}
