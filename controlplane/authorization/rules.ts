import type { PolicyRule } from '#api/gen/types.ts';
import type { PathAccess, ResourceAccess } from './authorizer.ts';

/** Whether a rule allows the access (Kubernetes `plugin/pkg/auth/authorizer/rbac` `RuleAllows`). */
export const ruleAllows = (rule: PolicyRule, access: ResourceAccess | PathAccess): boolean =>
  holds(rule.verbs, access.verb) &&
  (access.path === undefined ? allowsResource(rule, access) : allowsPath(rule, access.path));

const holds = (allowed: readonly string[] | undefined, asked: string): boolean =>
  allowed !== undefined && (allowed.includes('*') || allowed.includes(asked));

const allowsResource = (rule: PolicyRule, access: ResourceAccess): boolean =>
  holds(rule.apiGroups, access.group) && namesResource(rule, access) && namesObject(rule, access.name);

function namesResource({ resources }: PolicyRule, { resource, subresource }: ResourceAccess): boolean {
  if (subresource === '') return holds(resources, resource);
  return holds(resources, `${resource}/${subresource}`) || resources?.includes(`*/${subresource}`) === true;
}

const namesObject = ({ resourceNames = [] }: PolicyRule, name: string): boolean =>
  resourceNames.length === 0 || resourceNames.includes(name);

const allowsPath = ({ nonResourceURLs = [] }: PolicyRule, path: string): boolean =>
  nonResourceURLs.some(
    (allowed) =>
      allowed === '*' ||
      allowed === path ||
      (allowed.endsWith('*') && path.startsWith(allowed.replace(/\*+$/, ''))),
  );
