import type { NodeSelectorRequirement, NodeSelectorTerm } from '#api/gen/types.ts';
import { matchesRequirements, type Requirement } from '#api/selectors.ts';
import { normalize, unresolvable, type Plugin, type Pod } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';

/** Turns down nodes that do not match the Pod's nodeSelector and required node affinity, and prefers those that match its preferences. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  events: ['NodeAdd', 'NodeUpdate'],
  filter({ pod }) {
    if (!hasRequirements(pod)) return undefined;
    return (node) =>
      matchesNode(pod, node) ? undefined : unresolvable("node(s) didn't match Pod's node affinity/selector");
  },
  score({ pod }, feasible) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    const sums = feasible.map((node) => {
      // Unlike a required term, an empty preferred one matches every node.
      const matching = preferred.filter(
        ({ preference }) => isEmpty(preference) || matchesTerm(preference, node),
      );
      return matching.reduce((sum, { weight }) => sum + weight, 0);
    });
    return normalize(sums);
  },
};

/** Whether the node matches what the Pod requires (k8s.io/component-helpers `GetRequiredNodeAffinity`). */
export function matchesNode(pod: Pod, node: NodeInfo): boolean {
  const wanted = Object.entries(pod.spec?.nodeSelector ?? {});
  if (!wanted.every(([key, value]) => node.labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function hasRequirements(pod: Pod): boolean {
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required !== undefined || Object.keys(pod.spec?.nodeSelector ?? {}).length > 0;
}

/** An empty term matches nothing. */
function matchesTerm(term: NodeSelectorTerm, node: NodeInfo): boolean {
  if (isEmpty(term)) return false;
  return (
    matchesRequirements((term.matchExpressions ?? []).map(toRequirement), node.labels) &&
    matchesRequirements((term.matchFields ?? []).map(toRequirement), { 'metadata.name': node.name })
  );
}

const isEmpty = (term: NodeSelectorTerm): boolean =>
  (term.matchExpressions ?? []).length === 0 && (term.matchFields ?? []).length === 0;

const toRequirement = ({ key, operator, values }: NodeSelectorRequirement): Requirement => ({
  key,
  operator: operator as Requirement['operator'],
  values: values ?? [],
});
