import { rfc3339 } from '#api/clock.ts';
import type {
  ResourceRule,
  SelfSubjectRulesReviewSpec,
  SubjectAccessReviewSpec,
  SubjectRulesReviewStatus,
} from '#api/gen/types.ts';
import { apiVersionOf, resourceOf, type Resource } from '#api/resources.ts';
import { invalid, StatusError } from '#api/status.ts';
import type { Authorizer } from '../../authorization/authorizer.ts';
import type { Entry } from '../../store/store.ts';
import { checkNamespace, refuseInvalid } from '../create.ts';
import { decodeObject, type Draft } from '../decode/decode.ts';
import { entryOf, type Environment } from '../environment.ts';
import type { Target, UserInfo, WriteOptions } from '../registry.ts';
import { bindPod } from '../subresources/pod-binding.ts';
import { succeeded } from '../subresources/subresources.ts';
import { reviewToken } from './token-review.ts';
import { userInfoOf } from './user-info.ts';
import { accessSpecProblems, accessStatus, subjectOf } from './access-review.ts';

/** Answers a POST of a kind that is not kept: reviews of access and of users, which hold a question and get an answer, and bindings of Pods. */
export async function answerQuestion(
  environment: Environment,
  target: Target,
  body: unknown,
  options: WriteOptions,
): Promise<Entry> {
  const { authentication, authorizer, clock } = environment;
  const { resource, namespace } = target;
  const draft = decodeObject(resource, body, options);
  checkNamespace(target, draft);
  const { user } = options;
  switch (resource.name) {
    case 'selfsubjectreviews':
      return answer(resource, draft, {
        metadata: { creationTimestamp: rfc3339(clock.now()) },
        status: { userInfo: userInfoOf(user) },
      });
    case 'selfsubjectrulesreviews':
      return answer(resource, draft, { status: rulesStatus(authorizer, user, specOf(draft)) });
    case 'selfsubjectaccessreviews':
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews':
      return answerAccess(authorizer, target, draft, user);
    case 'bindings': {
      const pod = { resource: resourceOf('pods'), namespace, name: draft.metadata.name ?? '' };
      await bindPod(environment, pod, draft, { ...options, fieldValidation: 'Ignore', duplicateFields: [] });
      return succeeded();
    }
    case 'tokenreviews':
      return answer(resource, draft, { status: await reviewToken(authentication.authenticator, draft) });
    default:
      throw new StatusError('MethodNotAllowed', `${resource.kind} is not answered by this server yet`);
  }
}

function answerAccess(
  authorizer: Authorizer,
  { resource, namespace }: Target,
  draft: Draft,
  user: UserInfo,
): Entry {
  const isSelf = resource.name === 'selfsubjectaccessreviews';
  const { namespace: _given, managedFields: _fields, ...metadata } = draft.metadata;
  const spec = specOf(draft);
  const kept = Object.keys(metadata).length > 0;
  const why = resource.namespaced ? 'must be empty except for namespace' : 'must be empty';
  refuseInvalid(resource, draft, [
    ...accessSpecProblems(spec, { isSelf, namespace: resource.namespaced ? namespace : undefined }),
    ...(kept ? [invalid('metadata', metadata, why)] : []),
  ]);
  return answer(resource, draft, {
    metadata: namespace === undefined ? {} : { namespace },
    status: accessStatus(authorizer, isSelf ? user : subjectOf(spec), spec),
  });
}

/** Every kind that has one requires it, so that decoding alone does not say that it is there. */
const specOf = (draft: Draft): SubjectAccessReviewSpec & SelfSubjectRulesReviewSpec =>
  (draft as { spec?: SubjectAccessReviewSpec & SelfSubjectRulesReviewSpec }).spec ?? {};

const answer = (resource: Resource, draft: Draft, changes: object): Entry =>
  entryOf({
    ...draft,
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    ...changes,
  });

function rulesStatus(
  authorizer: Authorizer,
  user: UserInfo,
  { namespace = '' }: SelfSubjectRulesReviewSpec,
): SubjectRulesReviewStatus {
  if (namespace === '') throw StatusError.badRequest('no namespace on request');
  const { rules, error } = authorizer.rulesFor(user, namespace);
  const resourceRules = rules
    .filter(({ resources = [] }) => resources.length > 0)
    .map(({ nonResourceURLs: _urls, ...rule }): ResourceRule => rule);
  const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
    nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
  );
  return {
    resourceRules,
    nonResourceRules,
    incomplete: false,
    ...(error === '' ? {} : { evaluationError: error }),
  };
}
