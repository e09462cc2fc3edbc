import type { RuleWithOperations } from '#api/gen/types.ts';
import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { eachItem } from '../../pod-spec/field-rules.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

/** `validateRuleWithOperations` (pkg/apis/admissionregistration/validation). */
export function validateRule(rule: RuleWithOperations, at: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope = '*' } = rule;
  return [
    ...listErrors(operations, `${at}.operations`, 'operations'),
    ...eachItem(operations, `${at}.operations`, (operation, field) =>
      OPERATIONS.includes(operation) ? [] : [notSupported(field, operation, OPERATIONS)],
    ),
    ...listErrors(apiGroups, `${at}.apiGroups`, 'API groups'),
    ...listErrors(apiVersions, `${at}.apiVersions`, 'API versions'),
    ...eachItem(apiVersions, `${at}.apiVersions`, (version, field) =>
      version === '' ? [required(field)] : [],
    ),
    ...validateResources(resources, `${at}.resources`),
    ...(SCOPES.includes(scope) ? [] : [notSupported(`${at}.scope`, scope, SCOPES)]),
  ];
}

/** Something must be listed, and nothing beside `*`. */
function listErrors(list: readonly string[], at: string, others: string): FieldError[] {
  if (list.length === 0) return [required(at)];
  return list.length > 1 && list.includes('*')
    ? [invalid(at, list, `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateResources(resources: readonly string[], at: string): FieldError[] {
  if (resources.length === 0) return [required(at)];
  const anySubresource = new Set<string>();
  const anyResource = new Set<string>();
  const errors = eachItem(resources, at, (resource, field) => {
    if (resource === '') return [required(field)];
    const slash = resource.indexOf('/');
    if (slash < 0) return [];
    const [name, sub] = [resource.slice(0, slash), resource.slice(slash + 1)];
    const covers = [
      ...(anySubresource.has(name) ? [`${name}/*`] : []),
      ...(anyResource.has(sub) ? [`*/${sub}`] : []),
    ];
    if (sub === '*') anySubresource.add(name);
    if (name === '*') anyResource.add(sub);
    return covers.map((cover) =>
      invalid(field, resource, `if '${cover}' is present, must not specify ${resource}`),
    );
  });
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  }
  // Kubernetes looks at the last one without a subresource only.
  const last = resources.findLast((one) => one !== '' && !one.includes('/'));
  if (resources.includes('*') && last !== '*') {
    const problem = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(at, resources, problem));
  }
  return errors;
}
