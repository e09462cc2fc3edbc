import type { StatusDetails } from '#api/gen/types.ts';
import { StatusError, type StatusReason } from '#api/status.ts';
import type { Review } from './review.ts';

type PlainObject = { readonly [field: string]: unknown };

/** What a webhook answered, checked. */
export interface Verdict {
  readonly allowed: boolean;
  /** `status` of the answer: why it refuses. */
  readonly result: PlainObject | undefined;
  /** A JSON patch; undefined for none. */
  readonly patch: unknown;
  readonly warnings: readonly string[];
}

/** An answer that is no valid review; its message is the reason alone. */
export class ResponseError extends Error {}

/** Checks an answer (apiserver `webhook/request/admissionreview.go` `VerifyAdmissionResponse`). Throws `ResponseError`. */
export function verdictOf({ apiVersion, request }: Review, answer: unknown, isMutating: boolean): Verdict {
  const review = isObject(answer) ? answer : {};
  if (review['kind'] !== 'AdmissionReview' || review['apiVersion'] !== apiVersion) {
    throw new ResponseError(
      `expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${text(review['apiVersion'])}, Kind=${text(review['kind'])}`,
    );
  }
  const { response } = review;
  if (!isObject(response)) throw new ResponseError('webhook response was absent');
  if (response['uid'] !== request.uid) {
    throw new ResponseError(
      `expected response.uid=${JSON.stringify(request.uid)}, got ${JSON.stringify(text(response['uid']))}`,
    );
  }
  return {
    allowed: response['allowed'] === true,
    result: isObject(response['status']) ? response['status'] : undefined,
    patch: isMutating ? patchOf(response) : refusePatch(response),
    warnings: strings(response['warnings']),
  };
}

function patchOf(response: PlainObject): unknown {
  const patch = text(response['patch']);
  const type = response['patchType'];
  if (patch !== '' && type == null) {
    throw new ResponseError('webhook returned response.patch but not response.patchType');
  }
  if (patch === '' && type != null) {
    throw new ResponseError('webhook returned response.patchType but not response.patch');
  }
  if (patch === '') return undefined;
  if (type !== 'JSONPatch') throw new ResponseError(`unsupported patch type ${JSON.stringify(text(type))}`);
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString()) as unknown;
  } catch (error) {
    throw StatusError.internal((error as Error).message);
  }
}

function refusePatch(response: PlainObject): undefined {
  if (text(response['patch']) !== '')
    throw new ResponseError('validating webhook may not return response.patch');
  if (response['patchType'] != null) {
    throw new ResponseError('validating webhook may not return response.patchType');
  }
}

/** The refusal that a client gets (apiserver `webhook/errors/statuserror.go` `ToStatusErr`). */
export function deniedBy(name: string, result: PlainObject | undefined): StatusError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = text(result?.['message']) || text(result?.['reason']);
  const code = Math.max(400, Math.min(599, Number(result?.['code']) || 0));
  const details = isObject(result?.['details']) ? (result['details'] as StatusDetails) : undefined;
  const reason = (text(result?.['reason']) || 'Unknown') as StatusReason;
  return new StatusError(
    reason,
    why === '' ? `${denied} without explanation` : `${denied}: ${why}`,
    details,
    code,
  );
}

const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
