import type { MatchResources, NamedRuleWithOperations } from '#api/gen/types.ts';
import type { Resource } from '#api/resources.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import { matchesNamespace, matchesObject, selectorOf } from '../namespaces.ts';
import { matchedResource } from '../rules.ts';

/** The resource in whose version the request is to be seen; undefined when it does not match. Throws a StatusError when that cannot be told. */
export type Constraints = (request: AdmissionRequest, tools: AdmissionTools) => Resource | undefined;

/** Compiles a policy's or binding's constraints (apiserver `policy/matching/matching.go`). */
export function constraintsOf(match: MatchResources): Constraints {
  const selectsNamespace = selectorOf(match.namespaceSelector);
  const selectsObject = selectorOf(match.objectSelector);
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match;
  return (request, tools) => {
    const versionsOf = (resource: Resource): readonly Resource[] =>
      tools.catalog.all().filter(({ storage }) => storage === resource.storage);
    const matched = (rules: readonly NamedRuleWithOperations[]): Resource | undefined =>
      matchedResource(rules.filter(namesResource(request)), request, matchPolicy, versionsOf);
    const resource =
      resourceRules.length === 0 ? (request.options.requestedAs ?? request.resource) : matched(resourceRules);
    if (resource === undefined || matched(excludeResourceRules) !== undefined) return undefined;
    if (!matchesObject(selectsObject, request)) return undefined;
    return matchesNamespace(selectsNamespace, request, tools.store) ? resource : undefined;
  };
}

const namesResource =
  ({ name }: AdmissionRequest) =>
  ({ resourceNames }: NamedRuleWithOperations): boolean =>
    resourceNames === undefined || resourceNames.length === 0 || resourceNames.includes(name);
