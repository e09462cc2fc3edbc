import type { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '#api/gen/types.ts';
import { invalid, type FieldError } from '#api/status.ts';
import type { AccessAttributes, Authorizer } from '../../authorization/authorizer.ts';
import type { UserInfo } from '../registry.ts';

/** pkg/apis/authorization/validation. `namespace`: of a LocalSubjectAccessReview. */
export function accessSpecProblems(
  spec: SubjectAccessReviewSpec,
  { isSelf, namespace }: { isSelf: boolean; namespace: string | undefined },
): FieldError[] {
  const { resourceAttributes, nonResourceAttributes, user = '', groups = [] } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const why = 'cannot be specified in combination with resourceAttributes';
    errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, why));
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalid('spec.resourceAttributes', null, why));
  }
  if (!isSelf && user === '' && groups.length === 0) {
    errors.push(invalid('spec.user', user, 'at least one of user or group must be specified'));
  }
  return namespace === undefined ? errors : [...errors, ...localProblems(spec, namespace)];
}

function localProblems(spec: SubjectAccessReviewSpec, namespace: string): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors: FieldError[] = [];
  const given = resourceAttributes?.namespace ?? '';
  if (resourceAttributes !== undefined && given !== namespace) {
    errors.push(invalid('spec.resourceAttributes.namespace', given, 'must match metadata.namespace'));
  }
  if (nonResourceAttributes !== undefined) {
    const why = 'disallowed on this kind of request';
    errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, why));
  }
  return errors;
}

/** Whether the user may do what a valid spec asks about. */
export function accessStatus(
  authorizer: Authorizer,
  user: UserInfo,
  spec: SubjectAccessReviewSpec,
): SubjectAccessReviewStatus {
  const { allowed, reason } = authorizer.authorize(attributesOf(user, spec));
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function attributesOf(user: UserInfo, spec: SubjectAccessReviewSpec): AccessAttributes {
  const { resourceAttributes: asked, nonResourceAttributes } = spec;
  if (asked === undefined) {
    return { user, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  }
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = asked;
  return { user, verb, group, version, resource, subresource, namespace, name };
}

/** The user that a SubjectAccessReview asks about. */
export const subjectOf = ({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo => ({
  name: user,
  groups,
  ...(uid === undefined ? {} : { uid }),
  ...(extra === undefined ? {} : { extra }),
});
