import type { MatchResources, NamedRuleWithOperations } from '#api/gen/types.ts';
import { duplicate, notSupported, required, type FieldError } from '#api/status.ts';
import { eachItem, invalidFor } from '../../pod-spec/field-rules.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { pathSegmentProblems } from '../rbac/names.ts';
import { validateRule } from './validate-rule.ts';
import { MATCH_POLICIES, oneOfErrors } from './validate-webhook.ts';

const MUTATING_OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

/** `validateMatchResources` (pkg/apis/admissionregistration/validation), after defaulting. */
export function validateMatchResources(match: MatchResources | undefined, at: string): FieldError[] {
  if (match === undefined) return [];
  return [
    ...oneOfErrors(match.matchPolicy, MATCH_POLICIES, `${at}.matchPolicy`),
    ...validateLabelSelector(match.namespaceSelector, `${at}.namespaceSelector`),
    ...validateLabelSelector(match.objectSelector, `${at}.objectSelector`),
    ...eachItem(match.resourceRules, `${at}.resourceRules`, validateNamedRule),
    ...eachItem(match.excludeResourceRules, `${at}.excludeResourceRules`, validateNamedRule),
  ];
}

/** The same of a policy, which has to name resources. */
export function validateMatchConstraints(match: MatchResources | undefined, at: string): FieldError[] {
  if (match === undefined) return [required(at)];
  const { resourceRules = [] } = match;
  return [
    ...validateMatchResources(match, at),
    ...(resourceRules.length === 0 ? [required(`${at}.resourceRules`)] : []),
  ];
}

/** What is deleted cannot be mutated. Kubernetes says so without the index of the rule. */
export const mutatingOperationErrors = (match: MatchResources | undefined, at: string): FieldError[] =>
  (match?.resourceRules ?? [])
    .flatMap(({ operations = [] }) => operations)
    .filter((operation) => !MUTATING_OPERATIONS.includes(operation))
    .map((operation) => notSupported(`${at}.resourceRules.operations`, operation, MUTATING_OPERATIONS));

function validateNamedRule(rule: NamedRuleWithOperations, at: string): FieldError[] {
  const { resourceNames = [] } = rule;
  return [
    ...eachItem(resourceNames, `${at}.resourceNames`, (name, field, index) => [
      ...invalidFor(field, name, pathSegmentProblems(name)),
      ...(resourceNames.indexOf(name) < index ? [duplicate(field, name)] : []),
    ]),
    ...validateRule(rule, at),
  ];
}
