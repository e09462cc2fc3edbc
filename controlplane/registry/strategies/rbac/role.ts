import type { LabelSelector, PolicyRule } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, required, type FieldError } from '#api/status.ts';
import { validateLabelSelector } from '../label-selector.ts';
import type { Strategy } from '../strategy.ts';
import { pathSegmentProblems } from './names.ts';

/** pkg/registry/rbac/role/strategy.go */
export const roleStrategy: Strategy<Kinds['roles']> = {
  nameProblems: pathSegmentProblems,
  validate: ({ rules = [] }) => rules.flatMap((rule, index) => validateRule(rule, true, `rules[${index}]`)),
};

/** pkg/registry/rbac/clusterrole/strategy.go */
export const clusterRoleStrategy: Strategy<Kinds['clusterroles']> = {
  nameProblems: pathSegmentProblems,
  validate: ({ rules = [], aggregationRule }) => [
    ...rules.flatMap((rule, index) => validateRule(rule, false, `rules[${index}]`)),
    ...(aggregationRule === undefined ? [] : validateSelectors(aggregationRule.clusterRoleSelectors ?? [])),
  ],
};

function validateSelectors(selectors: readonly LabelSelector[]): FieldError[] {
  const path = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0)
    return [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, index) => validateLabelSelector(selector, `${path}[${index}]`));
}

/** `ValidatePolicyRule` of pkg/apis/rbac/validation. */
function validateRule(rule: PolicyRule, namespaced: boolean, path: string): FieldError[] {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  // Decoding asks for no field, whatever the type says.
  const verbs = (rule.verbs as string[] | undefined) ?? [];
  const errors: FieldError[] = [];
  if (verbs.length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const urls = `${path}.nonResourceURLs`;
    if (namespaced) {
      errors.push(invalid(urls, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      errors.push(
        invalid(urls, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      );
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}
