import type { KubeObject, Resource } from '#api/resources.ts';
import { type DecodeContext, decoderOf } from '../decode/decode-value.ts';
import { prune } from './schema/prune.ts';
import { isObject, type JsonObject, type Schema } from './schema/nodes.ts';

/** What strict decoding says of metadata and of what the schema does not know. */
const unknownField = (path: string): string => `unknown field "${path}"`;

/** The schema of a custom resource's objects in this version. */
export const schemaOf = ({ custom }: Resource): Schema => custom?.schema?.openAPIV3Schema ?? {};

/**
 * Decodes an object of a custom resource: metadata as that of every object, all else as the schema has it. What the schema does not know is left
 * out and noted in `context.strictErrors`. Throws `DecodeError`.
 */
export function decodeCustom(resource: Resource, body: JsonObject, context: DecodeContext): KubeObject {
  const { metadata: given, ...rest } = structuredClone(body);
  const metadata =
    given === undefined || given === null
      ? {}
      : (decoderOf('ObjectMeta')(given, { ...context, path: ['metadata'] }) as JsonObject);
  const object = { ...rest, metadata };
  context.strictErrors.push(...prune(object, schemaOf(resource), true).map(unknownField));
  return (isObject(object) ? object : {}) as KubeObject;
}
