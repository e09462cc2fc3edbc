import type { Store } from '../store/store.ts';
import type { AccessAttributes, Authorizer, Decision, HeldRules, RoleReference } from './authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
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
    rulesFor: (user, namespace) => rulesFor(policy, user, namespace),
    rulesOfRole: (role) => policy.rulesOf(role),
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
  const error = aggregated([...problems]);
  return { allowed: false, reason: error === '' ? '' : `RBAC: ${error}` };
}

function rulesFor(policy: Policy, user: UserInfo, namespace: string): HeldRules {
  const bound = [...policy.grantsTo(user, namespace)].map(({ role }) => ({
    role,
    rules: policy.rulesOf(role),
  }));
  const problems = new Set(bound.flatMap(({ role, rules }) => (rules === undefined ? [missing(role)] : [])));
  return {
    rules: bound.flatMap(({ rules }) => rules ?? []),
    error: aggregated([...problems]),
  };
}

const missing = ({ kind, name }: RoleReference): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

/** As Kubernetes' aggregated errors are printed. */
function aggregated(problems: readonly string[]): string {
  return problems.length > 1 ? `[${problems.join(', ')}]` : (problems[0] ?? '');
}
