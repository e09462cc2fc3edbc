import type { RuleWithOperations } from '#api/gen/types.ts';
import type { Resource } from '#api/resources.ts';
import type { AdmissionRequest } from './admission.ts';

const GROUP = 'admissionregistration.k8s.io';

/** Nobody may lock themselves out: what configures admission is admitted by built-in plugins only (`rules.IsExemptAdmissionConfigurationResource`). */
export const configuresAdmission = ({ resource }: AdmissionRequest): boolean => resource.group === GROUP;

/** Whether a rule of a webhook or policy is about this request, seen as one for `resource` (apiserver `predicates/rules/rules.go`). */
const matchesRule = (rule: RuleWithOperations, request: AdmissionRequest, resource: Resource): boolean =>
  holds(rule.operations, request.operation) &&
  holds(rule.apiGroups, resource.group) &&
  holds(rule.apiVersions, resource.version) &&
  matchesScope(rule.scope, resource) &&
  (rule.resources ?? []).some((name) => matchesResource(name, resource.name, request.subresource ?? ''));

const holds = (wanted: readonly string[] | undefined, value: string): boolean =>
  (wanted ?? []).some((one) => one === '*' || one === value);

function matchesScope(scope: string | undefined, { namespaced }: Resource): boolean {
  if (scope === 'Namespaced') return namespaced;
  return scope === 'Cluster' ? !namespaced : true;
}

// `pods`, `pods/status`, `pods/*`; a star alone leaves out subresources.
function matchesResource(wanted: string, resource: string, subresource: string): boolean {
  const [name = '', sub = ''] = wanted.split('/');
  return (name === '*' || name === resource) && (sub === '*' || sub === subresource);
}

/** The resource in whose version a webhook or policy gets the request, by the first of its rules that fits; undefined: none does. */
export function matchedResource(
  rules: readonly RuleWithOperations[],
  request: AdmissionRequest,
  matchPolicy: string | undefined,
  versionsOf: (resource: Resource) => readonly Resource[],
): Resource | undefined {
  const asked = request.options.requestedAs ?? request.resource;
  if (rules.some((rule) => matchesRule(rule, request, asked))) return asked;
  if (matchPolicy === 'Exact') return undefined;
  const others = versionsOf(asked).filter((one) => one !== asked);
  for (const rule of rules) {
    const found = others.find((one) => matchesRule(rule, request, one));
    if (found !== undefined) return found;
  }
  return undefined;
}
