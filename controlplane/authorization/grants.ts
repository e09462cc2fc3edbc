import type { PolicyRule, RbacV1Subject } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import type { RoleReference } from './authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';

/** One binding, as far as one of its subjects is concerned. */
export interface Grant {
  readonly role: RoleReference;
  /** As access reviews name it: `ClusterRoleBinding "a" of ClusterRole "b" to Group "c"`. */
  readonly description: string;
}

export type Rules = readonly PolicyRule[];
export type Binding = Kinds['clusterrolebindings'] | Kinds['rolebindings'];

/** The grants of a binding, each with the key of its subject. `namespace`: of the binding, `''` for a ClusterRoleBinding. */
export function grantsOf(binding: Binding, namespace: string): (readonly [string, Grant])[] {
  const { roleRef, subjects = [] } = binding;
  const isClusterRole = roleRef.kind === 'ClusterRole';
  const role = { kind: roleRef.kind, namespace: isClusterRole ? '' : namespace, name: roleRef.name };
  return subjects.flatMap((subject) => {
    const key = subjectKey(subject, namespace);
    return key === undefined ? [] : [[key, { role, description: describe(binding, namespace, subject) }]];
  });
}

/** The keys under which the grants of a user stand. */
export const keysOf = ({ name, groups }: UserInfo): string[] => [
  `User:${name}`,
  ...groups.map((group) => `Group:${group}`),
];

/** undefined for a subject that nobody can be. A service account is the user that its token makes. */
function subjectKey({ kind, name, namespace }: RbacV1Subject, bindingNamespace: string): string | undefined {
  if (kind === 'User' || kind === 'Group') return `${kind}:${name}`;
  const home = namespace ?? bindingNamespace;
  return kind === 'ServiceAccount' && home !== '' ? `User:system:serviceaccount:${home}:${name}` : undefined;
}

/** As Kubernetes' `clusterRoleBindingDescriber` and `roleBindingDescriber`. */
function describe({ metadata, roleRef }: Binding, namespace: string, subject: RbacV1Subject): string {
  const name = metadata?.name ?? '';
  const what =
    namespace === ''
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  const who =
    subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
  return `${what} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(who)}`;
}
