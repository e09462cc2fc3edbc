import type { ParamKind, ParamRef } from '#api/gen/types.ts';
import type { KubeObject, Resource } from '#api/resources.ts';
import { labelSelectorMatcher } from '#api/selectors.ts';
import { andThen, type MaybePromise } from '../../maybe-promise.ts';
import type { AdmissionRequest, AdmissionTools } from '../admission.ts';
import { namespaceOf } from '../namespaces.ts';

/** A policy or binding is not fit for use; the message is the reason alone. */
export class ConfigurationError extends Error {}

type Params = readonly (KubeObject | null | undefined)[];

/**
 * The params with which a policy is to be evaluated, once with each (apiserver `policy/generic/policy_dispatcher.go` `CollectParams`): undefined
 * alone for a policy without a paramKind, null alone for a binding without a paramRef. Throws `ConfigurationError`.
 */
export function paramsOf(
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  request: AdmissionRequest,
  tools: AdmissionTools,
): MaybePromise<Params> {
  if (kind === undefined) return [undefined];
  if (ref === undefined) return [null];
  const resource = tools.catalog.ofKind(kind.apiVersion ?? '', kind.kind ?? '');
  if (resource === undefined) {
    throw new ConfigurationError(`paramKind kind \`${kind.apiVersion}, Kind=${kind.kind}\` not known`);
  }
  const found = find(resource, ref, paramsNamespace(resource, ref, request), tools);
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  const conversion = tools.versions.conversionOf(resource);
  if (conversion === undefined || found.length === 0) return found;
  return andThen(conversion.fromStorage(found), (converted) => converted);
}

function paramsNamespace({ namespaced }: Resource, ref: ParamRef, request: AdmissionRequest): string {
  if (!namespaced) {
    if (!ref.namespace) return '';
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  const namespace = ref.namespace || namespaceOf(request);
  if (namespace !== '') return namespace;
  throw new ConfigurationError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
}

function find(
  { storage }: Resource,
  { name, selector }: ParamRef,
  namespace: string,
  { store }: AdmissionTools,
): readonly KubeObject[] {
  if (name) {
    const found = store.get({ resource: storage, namespace, name });
    return found === undefined ? [] : [found.object];
  }
  const selects = labelSelectorMatcher(selector);
  return store
    .list(storage, namespace === '' ? undefined : namespace)
    .map(({ object }) => object)
    .filter(({ metadata }) => selects(metadata.labels));
}
