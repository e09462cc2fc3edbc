import { randomUUID } from 'node:crypto';
import type { Resource } from '#api/resources.ts';
import type { WriteOptions } from '../../registry.ts';
import type { AdmissionRequest } from '../admission.ts';
import { namespaceOf } from '../namespaces.ts';
import { kindOf, type Presented } from '../presented.ts';

type PlainObject = { readonly [field: string]: unknown };

/** admission.k8s.io/v1 `AdmissionReview`, as it is sent. */
export interface Review {
  readonly kind: 'AdmissionReview';
  readonly apiVersion: string;
  readonly request: PlainObject & { readonly uid: string };
}

/** The review of a request for one webhook (apiserver `webhook/request/admissionreview.go`). */
export const reviewOf = (request: AdmissionRequest, presented: Presented): Review => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  request: { uid: randomUUID(), ...requestFields(request, presented) },
});

/** What a review, and the CEL variable `request`, tell of a request besides its objects. */
export function requestAttributes(request: AdmissionRequest, presented: Presented): PlainObject {
  const { operation, subresource, name, options } = request;
  const asked = options.requestedAs ?? request.resource;
  const namespace = namespaceOf(request);
  return {
    kind: presented.kind,
    resource: resourceFields(presented.resource),
    ...(subresource === undefined ? {} : { subResource: subresource }),
    requestKind: kindOf(request, asked),
    requestResource: resourceFields(asked),
    ...(subresource === undefined ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userFields(options.user),
    dryRun: options.dryRun,
    options: operationOptions(request),
  };
}

const requestFields = (request: AdmissionRequest, presented: Presented): PlainObject => ({
  ...requestAttributes(request, presented),
  object: presented.object ?? null,
  oldObject: presented.old ?? null,
});

const resourceFields = ({ group, version, name }: Resource): PlainObject => ({
  group,
  version,
  resource: name,
});

const userFields = ({ name, uid, groups, extra }: WriteOptions['user']): PlainObject => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups,
  ...(extra === undefined ? {} : { extra }),
});

const OPTION_KINDS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const;

function operationOptions({ operation, options, deleteOptions }: AdmissionRequest): PlainObject | null {
  if (operation === 'CONNECT') return null;
  const { fieldManager, fieldValidation, dryRun } = options;
  const kind = { kind: OPTION_KINDS[operation], apiVersion: 'meta.k8s.io/v1' };
  const common = dryRun ? { dryRun: ['All'] } : {};
  if (operation === 'DELETE') return { ...deleteOptions, ...kind, ...common };
  return { ...kind, ...common, fieldManager, fieldValidation };
}
