import type { Status, StatusCause, StatusDetails } from './gen/types.ts';

/** metav1.StatusReason; `Unknown` is sent as an empty reason. */
export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'Unknown';

const CODES: Record<StatusReason, number> = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  Invalid: 422,
  ServerTimeout: 504,
  Timeout: 504,
  TooManyRequests: 429,
  BadRequest: 400,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  InternalError: 500,
  ServiceUnavailable: 503,
  Unknown: 500,
};

/** Names an API resource in a Status: `pods`, or `deployments` of the group `apps`. */
export interface GroupResource {
  group: string;
  resource: string;
}
/** Names a kind in an Invalid Status: `Pod`, or `Deployment` of the group `apps`. */
export interface GroupKind {
  group: string;
  kind: string;
}

const qualified = (name: string, group: string): string => (group === '' ? name : `${name}.${group}`);

/**
 * An API error. It becomes a metav1.Status once, at the edge (`toStatus`).
 * The factories word their messages as k8s.io/apimachinery `pkg/api/errors` does.
 */
export class StatusError extends Error {
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails, code: number = CODES[reason]) {
    super(message);
    this.name = 'StatusError';
    this.reason = reason;
    this.code = code;
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === 'Unknown' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  static notFound(resource: GroupResource, name: string): StatusError {
    return new StatusError(
      'NotFound',
      `${qualified(resource.resource, resource.group)} "${name}" not found`,
      resourceDetails(resource, name),
    );
  }

  static alreadyExists(resource: GroupResource, name: string): StatusError {
    return new StatusError(
      'AlreadyExists',
      `${qualified(resource.resource, resource.group)} "${name}" already exists`,
      resourceDetails(resource, name),
    );
  }

  static conflict(resource: GroupResource, name: string, why: string): StatusError {
    return new StatusError(
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(resource.resource, resource.group)} "${name}": ${why}`,
      resourceDetails(resource, name),
    );
  }

  static forbidden(resource: GroupResource, name: string, why: string): StatusError {
    const what = qualified(resource.resource, resource.group);
    return new StatusError(
      'Forbidden',
      name === '' ? `${what} is forbidden: ${why}` : `${what} "${name}" is forbidden: ${why}`,
      resourceDetails(resource, name),
    );
  }

  /** `causes` in the order found; one cause stands alone in the message, several in brackets, repeated ones once. */
  static invalid(kind: GroupKind, name: string, causes: readonly FieldError[]): StatusError {
    const messages = [...new Set(causes.map(fieldErrorMessage))];
    const list = messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`;
    return new StatusError('Invalid', `${qualified(kind.kind, kind.group)} "${name}" is invalid: ${list}`, {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes: causes.map(toCause),
    });
  }

  static badRequest(message: string): StatusError {
    return new StatusError('BadRequest', message);
  }

  static methodNotAllowed(): StatusError {
    return new StatusError(
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
      {},
    );
  }

  static internal(message: string): StatusError {
    return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
  }
}

function resourceDetails(resource: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.resource,
  };
}

/** One thing wrong with a field, as k8s.io/apimachinery `pkg/util/validation/field` words it. */
export interface FieldError {
  type:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'InternalError';
  /** `spec.containers[0].image`; a map key is `metadata.labels[some/key]`. */
  field: string;
  /** Printed after the type's words: `Invalid value: 70000`; absent where Kubernetes prints none. */
  value?: unknown;
  detail: string;
}

export const required = (field: string, detail = ''): FieldError => ({
  type: 'FieldValueRequired',
  field,
  detail,
});
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail,
});
export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  value,
  detail: '',
});
export const forbidden = (field: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  detail,
});
export const notFound = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueNotFound',
  field,
  value,
  detail: '',
});
/** `supported` in the order in which Kubernetes names them (sorted where its source has a set). */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  value,
  detail: `supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`,
});
export const tooMany = (field: string, count: number, max: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  value: count,
  detail: `must have at most ${max} items`,
});
export const tooLong = (field: string, maxBytes: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  detail: `may not be more than ${maxBytes} bytes`,
});

const WORDS: Record<FieldError['type'], string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueNotFound: 'Not found',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

const showsValue = (error: FieldError): boolean =>
  !['FieldValueRequired', 'FieldValueForbidden', 'FieldValueTooLong', 'InternalError'].includes(error.type);

/** The part after the field: `Invalid value: 70000: must be between 1 and 65535, inclusive`. */
function errorBody(error: FieldError): string {
  const value = showsValue(error) ? `: ${JSON.stringify(error.value ?? null)}` : '';
  return `${WORDS[error.type]}${value}${error.detail === '' ? '' : `: ${error.detail}`}`;
}

const fieldErrorMessage = (error: FieldError): string => `${error.field}: ${errorBody(error)}`;

const toCause = (error: FieldError): StatusCause => ({
  reason: error.type,
  message: errorBody(error),
  field: error.field,
});
