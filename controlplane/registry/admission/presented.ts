import { apiVersionOf, type KubeObject, type Resource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import { withReplicas } from '../custom/scale.ts';
import { decodeObject, LENIENT } from '../decode/decode.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import { scaleOf } from '../subresources/scale.ts';
import type { AdmissionRequest, AdmissionTools } from './admission.ts';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A request as a webhook or policy sees it: its objects are in the version that one of the rules names. */
export interface Presented {
  readonly resource: Resource;
  readonly kind: GroupVersionKind;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

/** The kind of what a request for `resource` carries, which subresources may have of their own. */
export function kindOf(request: AdmissionRequest, resource: Resource): GroupVersionKind {
  if (request.subresource === 'scale') return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const { group, version, kind } = resource;
  return hasOwnKind(request) ? kindOfObject(request.object!) : { group, version, kind };
}

/** A Binding, an Eviction, PodExecOptions: not an object of the resource. */
const hasOwnKind = ({ object, resource }: AdmissionRequest): boolean =>
  object !== undefined && (object.kind !== resource.kind || object.apiVersion !== apiVersionOf(resource));

function kindOfObject({ apiVersion, kind }: KubeObject): GroupVersionKind {
  const [version, group = ''] = apiVersion.split('/').toReversed();
  return { group, version: version!, kind };
}

/** Shows a request in the version of `resource`, as its objects are now. */
export function present(
  request: AdmissionRequest,
  resource: Resource,
  { versions }: AdmissionTools,
): MaybePromise<Presented> {
  const kind = kindOf(request, resource);
  const { object, old, subresource } = request;
  if (subresource === 'scale')
    return {
      resource,
      kind,
      object: object && scaleOf(object, request.resource),
      old: old && scaleOf(old, request.resource),
    };
  const conversion = hasOwnKind(request) ? undefined : versions.conversionOf(resource);
  if (conversion === undefined) return { resource, kind, object, old };
  const given = [object, old].filter((one) => one !== undefined);
  return andThen(conversion.fromStorage(given), (converted) => {
    const [first, second] = converted;
    return object === undefined
      ? { resource, kind, object: undefined, old: first }
      : { resource, kind, object: first, old: second };
  });
}

/**
 * Makes a changed object, in the version in which it was presented, the request's object: decoded and defaulted anew.
 */
export function takeBack(
  request: AdmissionRequest,
  { resource }: Presented,
  changed: KubeObject,
  tools: AdmissionTools,
): MaybePromise<void> {
  const { object, subresource } = request;
  if (object === undefined) throw new Error('a request without an object cannot be changed');
  if (subresource === 'scale') {
    const { spec } = changed as { spec?: { replicas?: number } };
    return setReplicas(object, request.resource, spec?.replicas ?? 0);
  }
  if (hasOwnKind(request)) return replace(object, changed);
  const draft = decodeChanged(resource, changed);
  const conversion = tools.versions.conversionOf(resource);
  return andThen(conversion === undefined ? draft : conversion.toStorage(draft), (stored) => {
    tools.strategies.of(request.resource).setDefaults?.(stored);
    replace(object, stored);
  });
}

function setReplicas(object: KubeObject, { custom }: Resource, replicas: number): void {
  const paths = custom?.subresources?.scale;
  if (paths === undefined) object['spec'] = { ...(object['spec'] as object), replicas };
  else replace(object, withReplicas(object, paths, replicas));
}

function decodeChanged(resource: Resource, changed: KubeObject): KubeObject {
  try {
    return decodeObject(resource, changed, LENIENT);
  } catch (error) {
    // The fault is not the client's.
    throw error instanceof StatusError ? StatusError.internal(error.message) : error;
  }
}

/** Others hold on to the request's object: it stays the same one. */
function replace(object: KubeObject, by: KubeObject): void {
  const fields: { [field: string]: unknown } = object;
  for (const field of Object.keys(fields)) delete fields[field];
  Object.assign(fields, by);
}
