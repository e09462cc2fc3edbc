import type { LabelSelector } from '#api/gen/types.ts';
import { labelSelectorMatcher, selectorRequirements, type Labels } from '#api/selectors.ts';

/** The Pods that one peer of a policy means, by their labels and those of their namespaces. Equal selectors have equal keys. */
export interface PeerSelector {
  readonly key: string;
  /** For people. */
  readonly title: string;
  matches(namespace: string, namespaceLabels: Labels | undefined, podLabels: Labels): boolean;
}

/** Without a `namespaceSelector`, Pods of the policy's own namespace; without a `podSelector`, all Pods of the namespaces. */
export function peerSelector(
  policyNamespace: string,
  { podSelector = {}, namespaceSelector }: { podSelector?: LabelSelector; namespaceSelector?: LabelSelector },
): PeerSelector {
  const matchesPod = labelSelectorMatcher(podSelector);
  const pods = `Pods ${selectorText(podSelector)}`;
  if (namespaceSelector === undefined) {
    return {
      key: `${policyNamespace}\n${selectorText(podSelector)}`,
      title: `${pods} of namespace ${policyNamespace}`,
      matches: (namespace, _, labels) => namespace === policyNamespace && matchesPod(labels),
    };
  }
  const matchesNamespace = labelSelectorMatcher(namespaceSelector);
  return {
    key: `\n${selectorText(podSelector)}\n${selectorText(namespaceSelector)}`,
    title: `${pods} of namespaces ${selectorText(namespaceSelector)}`,
    // A namespace that is not known has no labels to match, not even an empty selector's.
    matches: (_, namespaceLabels, labels) =>
      namespaceLabels !== undefined && matchesNamespace(namespaceLabels) && matchesPod(labels),
  };
}

/** `app=web,tier in (a,b)`, in an order of its own; `(all)` for the empty one. */
function selectorText(selector: LabelSelector): string {
  const texts = selectorRequirements(selector).map(({ key, operator, values }) => {
    switch (operator) {
      case 'In':
        return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${[...values].sort().join()})`;
      case 'NotIn':
        return `${key} notin (${[...values].sort().join()})`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return `${key} ${operator} ${values.join()}`;
    }
  });
  return texts.length === 0 ? '(all)' : texts.sort().join();
}
