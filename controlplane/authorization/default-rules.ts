import type { PathAccess, ResourceAccess } from './authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { RoleReference, Rules } from './grants.ts';
import { ruleAllows } from './rules.ts';

interface DefaultRole {
  readonly name: string;
  readonly groups: readonly string[];
  readonly rules: Rules;
}

const PUBLIC = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** Of Kubernetes' `bootstrappolicy`: what every client needs before it can do anything. */
const DEFAULTS: readonly DefaultRole[] = [
  {
    name: 'system:public-info-viewer',
    groups: ['system:authenticated', 'system:unauthenticated'],
    rules: [{ verbs: ['get'], nonResourceURLs: [...PUBLIC, '/healthz/*', '/livez/*', '/readyz/*'] }],
  },
  {
    name: 'system:discovery',
    groups: ['system:authenticated'],
    rules: [
      { verbs: ['get'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'] },
    ],
  },
];

/** What holds while the store does not have these roles: whoever creates one of them decides about it alone. */
export const defaultAllows = (
  hasRole: (role: RoleReference) => boolean,
  user: UserInfo,
  access: ResourceAccess | PathAccess,
): boolean =>
  DEFAULTS.some(
    ({ name, groups, rules }) =>
      groups.some((group) => user.groups.includes(group)) &&
      rules.some((rule) => ruleAllows(rule, access)) &&
      !hasRole({ kind: 'ClusterRole', namespace: '', name }),
  );
