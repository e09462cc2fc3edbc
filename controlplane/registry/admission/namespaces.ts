import type { KubeObject } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { LabelSelector } from '#api/gen/types.ts';
import { labelSelectorMatcher, type LabelMatcher } from '#api/selectors.ts';
import type { Store } from '../../store/store.ts';
import type { AdmissionRequest } from './admission.ts';

/** A selector's matcher; undefined: it selects everything. */
export function selectorOf(selector: LabelSelector | undefined): LabelMatcher | undefined {
  const isEmpty =
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
  return isEmpty ? undefined : labelSelectorMatcher(selector);
}

/** The namespace that a request is about, as `request.namespace` in reviews: that of a Namespace is itself. */
export const namespaceOf = ({ resource, namespace, name }: AdmissionRequest): string =>
  resource.storage === 'namespaces' ? name : namespace;

/** The Namespace object of a request; undefined for what is in none. Throws 404 when it is not there. */
export function namespaceObjectOf(request: AdmissionRequest, store: Store): KubeObject | undefined {
  const name = namespaceOf(request);
  if (name === '') return undefined;
  const { operation, resource, subresource, object } = request;
  const isOwn = resource.storage === 'namespaces' && subresource === undefined;
  if (isOwn && (operation === 'CREATE' || operation === 'UPDATE')) return object;
  const found = store.get({ resource: 'namespaces', namespace: '', name })?.object;
  if (found === undefined) throw StatusError.notFound({ group: '', resource: 'namespaces' }, name);
  return found;
}

/** apiserver `predicates/namespace`: what is in no namespace is always selected. */
export function matchesNamespace(
  selects: LabelMatcher | undefined,
  request: AdmissionRequest,
  store: Store,
): boolean {
  if (selects === undefined || namespaceOf(request) === '') return true;
  return selects(namespaceObjectOf(request, store)?.metadata.labels);
}

/** apiserver `predicates/object`: either the new or the old object. */
export const matchesObject = (
  selects: LabelMatcher | undefined,
  { object, old }: Pick<AdmissionRequest, 'object' | 'old'>,
): boolean =>
  selects === undefined ||
  [object, old].some((one) => one?.metadata !== undefined && selects(one.metadata.labels));
