import type { PolicyRule, RbacV1Subject } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { Unstored } from '../../../client.ts';

type Named<T> = Unstored<T> & {
  metadata: {
    name: string;
    namespace?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
};
export type ClusterRole = Named<Kinds['clusterroles']>;
export type ClusterRoleBinding = Named<Kinds['clusterrolebindings']>;
export type Role = Named<Kinds['roles']>;
export type RoleBinding = Named<Kinds['rolebindings']>;

export const READ = 'get list watch';
export const WRITE = 'create delete deletecollection patch update';
export const READ_WRITE = 'create delete deletecollection get list patch update watch';

const RBAC = 'rbac.authorization.k8s.io';
/** Set to `false` on a default object, it keeps the API server from mending the object at its start. */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

const words = (text: string): string[] => text.split(' ');

/** A rule for resources; each argument is a list of words, and `core` is the group without a name. */
export const rule = (verbs: string, groups: string, resources: string, names?: string): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: words(groups).map((group) => (group === 'core' ? '' : group)),
  resources: words(resources),
  ...(names === undefined ? {} : { resourceNames: words(names) }),
});

/** A rule for paths that are no resources. */
export const urls = (verbs: string, paths: string): PolicyRule => ({
  verbs: words(verbs),
  nonResourceURLs: words(paths),
});

const metadata = (name: string, labels: Record<string, string> = {}) => ({
  name,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { [AUTO_UPDATE]: 'true' },
});

const aggregateTo = (name: string): Record<string, string> => ({ [`${RBAC}/aggregate-to-${name}`]: 'true' });

export const clusterRole = (name: string, rules: readonly PolicyRule[]): ClusterRole => ({
  metadata: metadata(name),
  rules: [...rules],
});

/** The part of the role `name` that is not in another role. */
export const aggregatedTo = (name: string, rules: readonly PolicyRule[]): ClusterRole => ({
  metadata: metadata(`system:aggregate-to-${name}`, aggregateTo(name)),
  rules: [...rules],
});

/** A role that the aggregation controller fills with the rules of those labelled for it; itself a part of the role `into`. */
export const aggregated = (name: string, into?: string): ClusterRole => ({
  metadata: metadata(name, into === undefined ? {} : aggregateTo(into)),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(name) }] },
});

export const role = (namespace: string, name: string, rules: readonly PolicyRule[]): Role => ({
  metadata: { ...metadata(name), namespace },
  rules: [...rules],
});

/** A binding to the ClusterRole of the same name. */
export const clusterRoleBinding = (
  name: string,
  ...subjects: readonly RbacV1Subject[]
): ClusterRoleBinding => ({
  metadata: metadata(name),
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
  ...(subjects.length === 0 ? {} : { subjects: [...subjects] }),
});

export const roleBinding = (
  namespace: string,
  name: string,
  to: string,
  ...subjects: readonly RbacV1Subject[]
): RoleBinding => ({
  metadata: { ...metadata(name), namespace },
  roleRef: { apiGroup: RBAC, kind: 'Role', name: to },
  subjects: [...subjects],
});

export const user = (name: string): RbacV1Subject => ({ apiGroup: RBAC, kind: 'User', name });
export const group = (name: string): RbacV1Subject => ({ apiGroup: RBAC, kind: 'Group', name });
/** A ServiceAccount of kube-system. */
export const serviceAccount = (name: string): RbacV1Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace: 'kube-system',
});
