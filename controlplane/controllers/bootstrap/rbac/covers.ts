import type { PolicyRule } from '#api/gen/types.ts';

/**
 * What of `wanted` the rules of `owned` do not allow, in rules of one verb on one resource or path each
 * (`pkg/registry/rbac/validation/policy_comparator.go`).
 */
export const uncovered = (owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] =>
  wanted.flatMap(breakdown).filter((one) => !owned.some((rule) => ruleCovers(rule, one)));

/** The rule as rules that cannot be taken apart further. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((name): PolicyRule => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  );
  const ofPaths = nonResourceURLs.flatMap((url) =>
    verbs.map((verb): PolicyRule => ({ verbs: [verb], nonResourceURLs: [url] })),
  );
  return [...ofResources, ...ofPaths];
}

/** `part` is one that `breakdown` made. */
function ruleCovers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!hasAll(rule.verbs, part.verbs)) return false;
  if (part.nonResourceURLs !== undefined) {
    return part.nonResourceURLs.every((url) =>
      (rule.nonResourceURLs ?? []).some((one) => urlCovers(one, url)),
    );
  }
  const names = rule.resourceNames ?? [];
  return (
    hasAll(rule.apiGroups ?? [], part.apiGroups ?? []) &&
    (part.resources ?? []).every((resource) => resourceCovers(rule.resources ?? [], resource)) &&
    (names.length === 0 ||
      (part.resourceNames !== undefined && part.resourceNames.every((name) => names.includes(name))))
  );
}

const hasAll = (owned: readonly string[], wanted: readonly string[]): boolean =>
  owned.includes('*') || wanted.every((one) => owned.includes(one));

/** `*` stands for every resource, `*` before a slash for that subresource of each. */
function resourceCovers(owned: readonly string[], resource: string): boolean {
  const slash = resource.indexOf('/');
  return (
    owned.includes('*') ||
    owned.includes(resource) ||
    (slash !== -1 && owned.includes(`*${resource.slice(slash)}`))
  );
}

const urlCovers = (owned: string, url: string): boolean =>
  owned === '*' || owned === url || (owned.endsWith('*') && url.startsWith(owned.replace(/\*+$/, '')));
