import type { RoleReference } from './authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
import type { Rules } from './grants.ts';

interface DefaultRole {
  readonly name: string;
  readonly groups: readonly string[];
  readonly rules: Rules;
}

const PUBLIC = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** Of Kubernetes' `bootstrappolicy`: what every client needs before it can do anything. */
const DEFAULTS: readonly DefaultRole[] = [
  {
    name: 'cluster-admin',
    groups: ['system:masters'],
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
  },
  {
    name: 'system:basic-user',
    groups: ['system:authenticated'],
    rules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ],
  },
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
export const defaultRules = (hasRole: (role: RoleReference) => boolean, { groups }: UserInfo): Rules =>
  DEFAULTS.filter(
    (role) =>
      role.groups.some((group) => groups.includes(group)) &&
      !hasRole({ kind: 'ClusterRole', namespace: '', name: role.name }),
  ).flatMap(({ rules }) => rules);
