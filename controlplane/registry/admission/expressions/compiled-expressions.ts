import { deepEqual } from '#api/equal.ts';
import type { KubeObject } from '#api/resources.ts';
import { StatusError, type FieldError } from '#api/status.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { mutatingPolicyErrors, validatingPolicyErrors, webhookErrors } from './configuration-errors.ts';

const ERRORS: { readonly [storage: string]: (object: KubeObject) => FieldError[] } = {
  mutatingwebhookconfigurations: webhookErrors,
  validatingwebhookconfigurations: webhookErrors,
  mutatingadmissionpolicies: mutatingPolicyErrors,
  validatingadmissionpolicies: validatingPolicyErrors,
};

/**
 * Refuses configurations of admission whose expressions do not compile. Kubernetes does so where it validates the kind; here only admission
 * knows the variables of the expressions. What is kept already may stay as it is.
 */
export const compiledExpressions: AdmissionPlugin = {
  name: 'CompiledExpressions',
  validate({ resource, subresource, object, old }) {
    const errorsOf = ERRORS[resource.storage];
    if (errorsOf === undefined || object === undefined || subresource !== undefined) return;
    const isKept =
      deepEqual(object['spec'], old?.['spec']) && deepEqual(object['webhooks'], old?.['webhooks']);
    if (old !== undefined && isKept) return;
    const errors = errorsOf(object);
    if (errors.length === 0) return;
    throw StatusError.invalid({ group: resource.group, kind: resource.kind }, object.metadata.name, errors);
  },
};
