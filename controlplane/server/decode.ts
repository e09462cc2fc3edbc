import { StatusError } from '#api/status.ts';
import type { Patch } from '../registry/registry.ts';
import { decodeYaml } from './decode-yaml.ts';
import { JsonSyntaxError, scanJson } from './json-scan.ts';
import type { InputType, PatchType } from './media-type.ts';

/** A request body as plain values, and the paths of the fields that it holds more than once. */
export interface Decoded {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/** Decodes the body of a create or update. `kind` is what the resource holds. Throws 400 in the words of apiserver's `transformDecodeError`. */
export function decodeObject(body: Buffer, type: Exclude<InputType, 'protobuf'>, kind: string): Decoded {
  try {
    const decoded = type === 'json' ? decodeJson(body.toString()) : decodeYamlObject(body.toString());
    // JSON null decodes to an empty struct in Go.
    if (decoded.value === null) return { value: {}, duplicates: [] };
    if (!isObject(decoded.value)) throw new JsonSyntaxError(notAStruct(decoded.value));
    return decoded;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw StatusError.badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${error.message} (${summary(body)})`,
    );
  }
}

/** Decodes the DeleteOptions of a delete. Throws 400. */
export function decodeOptions(body: Buffer, type: Exclude<InputType, 'protobuf'>): Record<string, unknown> {
  try {
    const { value } = type === 'json' ? decodeJson(body.toString()) : decodeYamlObject(body.toString());
    if (value === null) return {};
    if (!isObject(value)) throw new JsonSyntaxError(notAStruct(value));
    return value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw StatusError.badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
  }
}

/** Decodes a patch. Throws 400 in the words of apiserver's `patch.go`. */
export function decodePatch(body: Buffer, type: PatchType, force: boolean): Patch {
  if (type === 'apply') return { type, body: decodeApply(body), force };
  try {
    const { value } = decodeJson(body.toString());
    const isRight = type === 'json' ? Array.isArray(value) : isObject(value);
    if (isRight) return { type, body: value };
    const goType = type === 'json' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
    throw new JsonSyntaxError(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${goType}`);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw StatusError.badRequest(`error decoding patch: ${error.message}`);
  }
}

function decodeApply(body: Buffer): unknown {
  try {
    const { value, duplicates } = decodeYaml(body.toString());
    if (duplicates.length === 0) return value;
    const all = duplicates.map(
      ({ line, key }) => `  line ${line}: key ${JSON.stringify(key)} already set in map`,
    );
    throw new JsonSyntaxError(['yaml: unmarshal errors:', ...all].join('\n'));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw StatusError.badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}

function decodeJson(text: string): Decoded {
  const duplicates = scanJson(text);
  return { value: JSON.parse(text) as unknown, duplicates };
}

function decodeYamlObject(text: string): Decoded {
  const { value, duplicates } = decodeYaml(text);
  return { value, duplicates: duplicates.map(({ path }) => path) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

const notAStruct = (value: unknown): string =>
  `json: cannot unmarshal ${jsonType(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;

/** As apiserver's `summarizeData`: an object as text, anything else in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const start = body.subarray(0, 30);
  const text = body[0] === 0x7b ? start.toString() : start.toString('hex');
  return body.length > 30 ? `${text} ...` : text;
}
