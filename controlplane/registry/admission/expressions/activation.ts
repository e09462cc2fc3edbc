import type { KubeObject } from '#api/resources.ts';
import type { Bindings } from '../../../cel/compile.ts';
import { AuthorizerValue } from '../../../cel/library/authorization.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import { namespaceObjectOf } from '../namespaces.ts';
import type { Presented } from '../presented.ts';
import { requestAttributes } from '../webhooks/review.ts';

/** The variables of a webhook's expressions, with their types. */
export const WEBHOOK_VARIABLES = {
  object: 'dyn',
  oldObject: 'dyn',
  request: 'dyn',
  authorizer: 'kubernetes.authorization.Authorizer',
} as const;

/** The variables of a policy's expressions before its own `variables`. */
export const policyVariables = (hasParams: boolean): { readonly [name: string]: string } => ({
  ...WEBHOOK_VARIABLES,
  namespaceObject: 'dyn',
  ...(hasParams ? { params: 'dyn' } : {}),
});

/** The values of `WEBHOOK_VARIABLES` for a request. */
export function requestBindings(
  request: AdmissionRequest,
  presented: Presented,
  { authorizer }: AdmissionTools,
): Bindings {
  let attributes: unknown;
  return {
    object: presented.object ?? null,
    oldObject: presented.old ?? null,
    authorizer: new AuthorizerValue(authorizer, request.options.user),
    request: () => (attributes ??= requestAttributes(request, presented)),
  };
}

/** The values of `policyVariables`. `params`: undefined when the policy has no paramKind, null when there is no such object. */
export const policyBindings = (
  request: AdmissionRequest,
  presented: Presented,
  params: KubeObject | null | undefined,
  tools: AdmissionTools,
): Bindings => ({
  ...requestBindings(request, presented, tools),
  // Of a Namespace it is null, although `request.namespace` names it.
  namespaceObject: () =>
    request.resource.storage === 'namespaces' ? null : (namespaceObjectOf(request, tools.store) ?? null),
  ...(params === undefined ? {} : { params }),
});
