import { StatusError } from '../status.ts';
import { protobufType } from './kinds.ts';
import { decodeMessage } from './messages.ts';
import { toJson } from './to-json.ts';

/** Before every object in `application/vnd.kubernetes.protobuf`: `k8s` and a zero byte. */
export const PREFIX = [0x6b, 0x38, 0x73, 0x00];

/** An object as its JSON body would have been parsed; `object` has `apiVersion` and `kind` too. */
export interface DecodedBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly object: { readonly [field: string]: unknown };
}

/**
 * Decodes a request body of the type `application/vnd.kubernetes.protobuf` (k8s.io/apimachinery `serializer/protobuf`), which kubectl sends from
 * 1.32 on. Throws BadRequest as a StatusError for whatever is not such a body of a kind that the API takes, and nothing else.
 */
export function decodeProtobuf(bytes: Uint8Array): DecodedBody {
  if (!PREFIX.every((byte, i) => bytes[i] === byte)) {
    throw StatusError.badRequest(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  }
  try {
    return decodeEnvelope(bytes.subarray(PREFIX.length));
  } catch (error) {
    if (error instanceof StatusError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw StatusError.badRequest(`the body could not be decoded from protobuf: ${reason}`);
  }
}

function decodeEnvelope(bytes: Uint8Array): DecodedBody {
  const { typeMeta, raw, contentEncoding } = decodeMessage('Unknown', bytes) as {
    typeMeta?: { apiVersion?: string; kind?: string };
    raw?: Uint8Array;
    contentEncoding?: string;
  };
  const { apiVersion = '', kind = '' } = typeMeta ?? {};
  if ((contentEncoding ?? '') !== '') {
    throw StatusError.badRequest(`the content encoding ${JSON.stringify(contentEncoding)} is not supported`);
  }
  const type = typeOf(apiVersion, kind);
  const message = decodeMessage(type, raw ?? new Uint8Array());
  return { apiVersion, kind, object: { apiVersion, kind, ...toJson(type, message) } };
}

function typeOf(apiVersion: string, kind: string): string {
  if (kind === '') throw StatusError.badRequest("Object 'Kind' is missing in the protobuf body");
  const type = protobufType(apiVersion, kind);
  if (type === undefined) {
    throw StatusError.badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
  }
  return type;
}
