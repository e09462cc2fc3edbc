import type { RbacV1Subject, RoleRef } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { invalid, notSupported, required, type FieldError } from '#api/status.ts';
import { dns1123SubdomainProblems } from '#api/validation.ts';
import type { Strategy } from '../strategy.ts';
import { pathSegmentProblems } from './names.ts';

const GROUP = 'rbac.authorization.k8s.io';

type Binding = Kinds['rolebindings'];

/** pkg/registry/rbac/rolebinding/strategy.go */
export const roleBindingStrategy: Strategy<Binding> = bindingStrategy(['Role', 'ClusterRole'], true);

/** pkg/registry/rbac/clusterrolebinding/strategy.go */
export const clusterRoleBindingStrategy: Strategy<Binding> = bindingStrategy(['ClusterRole'], false);

function bindingStrategy(kinds: readonly string[], namespaced: boolean): Strategy<Binding> {
  return {
    nameProblems: pathSegmentProblems,
    setDefaults({ roleRef, subjects = [] }) {
      if (roleRef as RoleRef | undefined) roleRef.apiGroup ||= GROUP;
      for (const subject of subjects) {
        if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP;
      }
    },
    validate: ({ roleRef, subjects = [] }) => [
      ...validateRoleRef(roleRef, kinds),
      ...subjects.flatMap((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`)),
    ],
    validateUpdate: ({ roleRef }, { roleRef: old }) =>
      sameRole(roleRef, old) ? [] : [invalid('roleRef', roleRef, 'cannot change roleRef')],
  };
}

const sameRole = (one: RoleRef | undefined, other: RoleRef): boolean =>
  one?.apiGroup === other.apiGroup && one?.kind === other.kind && one.name === other.name;

function validateRoleRef(ref: RoleRef | undefined, kinds: readonly string[]): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = (ref ?? {}) as Partial<RoleRef>;
  const errors: FieldError[] = [];
  if (apiGroup !== GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') return [...errors, required('roleRef.name')];
  return [...errors, ...pathSegmentProblems(name).map((problem) => invalid('roleRef.name', name, problem))];
}

/** `ValidateRoleBindingSubject` of pkg/apis/rbac/validation. */
function validateSubject(subject: RbacV1Subject, namespaced: boolean, path: string): FieldError[] {
  const { apiGroup = '', kind = '', name = '', namespace = '' } = subject as Partial<RbacV1Subject>;
  const errors: FieldError[] = name === '' ? [required(`${path}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') {
        errors.push(...dns1123SubdomainProblems(name).map((why) => invalid(`${path}.name`, name, why)));
      }
      if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [GROUP]));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}
