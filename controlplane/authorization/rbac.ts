import type { Store } from '../store/store.ts';
import type { AccessAttributes, Authorizer, Decision } from './authorizer.ts';
import { defaultAllows } from './default-rules.ts';
import type { RoleReference } from './grants.ts';
import { Policy } from './policy.ts';
import { ruleAllows } from './rules.ts';

/** The group that may do all, whatever the roles say (apiserver `SystemPrivilegedGroup`). */
const PRIVILEGED = 'system:masters';

/** Decides by the Roles and bindings of the store, which it follows from now on. */
export function rbacAuthorizer(store: Store): Authorizer {
  const policy = new Policy(store);
  return {
    authorize: (attributes) =>
      attributes.user.groups.includes(PRIVILEGED)
        ? { allowed: true, reason: '' }
        : decide(policy, attributes),
  };
}

function decide(policy: Policy, attributes: AccessAttributes): Decision {
  const problems = new Set<string>();
  const namespace = attributes.path === undefined ? attributes.namespace : '';
  for (const { role, description } of policy.grantsTo(attributes.user, namespace)) {
    const rules = policy.rulesOf(role);
    if (rules === undefined) problems.add(missing(role));
    else if (rules.some((rule) => ruleAllows(rule, attributes)))
      return { allowed: true, reason: `RBAC: allowed by ${description}` };
  }
  const hasRole = (role: RoleReference): boolean => policy.rulesOf(role) !== undefined;
  return { allowed: defaultAllows(hasRole, attributes.user, attributes), reason: told([...problems]) };
}

const missing = ({ kind, name }: RoleReference): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

/** As Kubernetes' aggregated errors are printed. */
function told(problems: readonly string[]): string {
  if (problems.length === 0) return '';
  return `RBAC: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`;
}
