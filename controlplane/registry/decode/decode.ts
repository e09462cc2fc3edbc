import { apiVersionOf, RESOURCES, type KubeObject, type Resource } from '#api/resources.ts';
import { isType } from '#api/schema.ts';
import { StatusError } from '#api/status.ts';
import type { WriteOptions } from '../registry.ts';
import { decodeCustom } from '../custom/decode-custom.ts';
import { decoderOf, type DecodeContext, type Decoder } from './decode-value.ts';
import { internalPackage } from './go-types.ts';
import { DecodeError, type Wording } from './mismatch.ts';

/** An object as decoded: all of it is new, so the strategies may change it until it is stored. Metadata may still lack everything. */
export type Draft = KubeObject;

type Strictness = Pick<WriteOptions, 'fieldValidation' | 'warn' | 'duplicateFields'>;

export const LENIENT: Strictness = { fieldValidation: 'Ignore', warn: () => undefined };

/**
 * Decodes a body that a client sent for a resource. Throws a BadRequest with the wording of Kubernetes' decoder; what only strict decoding
 * refuses is refused, warned of or ignored as `fieldValidation` says.
 */
export function decodeObject(resource: Resource, body: unknown, options: Strictness): Draft {
  const kinds = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  const value = rootObject(body, kinds.kind);
  const described = describe(value, kinds);
  checkKind(described, kinds, resource.group);
  return decodeResource(resource, value, options, described);
}

function decodeResource(
  resource: Resource,
  value: { [field: string]: unknown },
  options: Strictness,
  described: Described,
): Draft {
  const wanted = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  const decode = resource.custom === undefined ? decoderOf(resource.type) : customDecoder(resource);
  const object = decodeFields(decode, value, options, described, wanted);
  return { ...object, metadata: object['metadata'] ?? {} } as Draft;
}

const customDecoder =
  (resource: Resource): Decoder =>
  (value, context) =>
    decodeCustom(resource, value as { [field: string]: unknown }, context);

/** Decodes what a patch has made of an object. `refuse` words what is wrong with it, `wording` how a value is not of its type. */
export function decodePatched(
  resource: Resource,
  body: { [field: string]: unknown },
  options: Strictness,
  refuse: (why: string) => StatusError,
  wording: Wording = 'json',
): Draft {
  const wanted = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  const described: Described = { ...describe(body, wanted), refuse, wording };
  checkKind(described, wanted, resource.group);
  return decodeResource(resource, body, options, described);
}

/** Decodes a body of any type of the schema, such as a Binding or a Scale. */
export function decodeAs(
  type: string,
  wanted: { kind: string; apiVersion: string },
  group: string,
  body: unknown,
  options: Strictness,
): { [field: string]: unknown } {
  const value = rootObject(body, wanted.kind);
  const described = describe(value, wanted);
  checkKind(described, wanted, group);
  return decodeFields(decoderOf(type), value, options, described, wanted);
}

/** Of the fields that no type named: those of maps and custom resources. */
const unnamed = (duplicates: ReadonlySet<string>): string[] =>
  Array.from(duplicates, (path) => `duplicate field "${path}"`);

function decodeFields(
  decode: Decoder,
  value: { [field: string]: unknown },
  options: Strictness,
  described: Described,
  wanted: { kind: string; apiVersion: string },
): { [field: string]: unknown } {
  const { wording } = described;
  const duplicates = new Set(options.duplicateFields);
  const context: DecodeContext = { path: [], strictErrors: [], duplicates, wording };
  const object = decodeOrRefuse(decode, value, context, described);
  handleStrictErrors([...unnamed(duplicates), ...context.strictErrors], options, described);
  const { kind: _kind, apiVersion: _apiVersion, ...fields } = object;
  return { kind: wanted.kind, apiVersion: wanted.apiVersion, ...fields };
}

/** `Pod in version "v1" cannot be handled as a Pod`. */
interface Described {
  readonly kind: string;
  readonly apiVersion: string;
  readonly refuse: (why: string) => StatusError;
  readonly wording: Wording;
}

function rootObject(body: unknown, kind: string): { [field: string]: unknown } {
  if (body === null || body === undefined) return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body as { [field: string]: unknown };
  const json = JSON.stringify(body);
  const found = Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body;
  throw StatusError.badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ` +
      `json: cannot unmarshal ${found} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; ` +
      `Kind string "json:\\"kind,omitempty\\"" } (${Buffer.from(json).toString('hex').slice(0, 1024)})`,
  );
}

function describe(
  value: { [field: string]: unknown },
  wanted: { kind: string; apiVersion: string },
): Described {
  const kind = stringField(value, 'kind') || wanted.kind;
  const apiVersion = stringField(value, 'apiVersion') || wanted.apiVersion;
  const version = apiVersion.split('/').at(-1)!;
  return {
    kind,
    apiVersion,
    wording: 'json',
    refuse: (why) =>
      StatusError.badRequest(`${kind} in version "${version}" cannot be handled as a ${wanted.kind}: ${why}`),
  };
}

function stringField(value: { [field: string]: unknown }, field: 'kind' | 'apiVersion'): string {
  const given = value[field] ?? '';
  if (typeof given === 'string') return given;
  const found = Array.isArray(given) ? 'array' : typeof given === 'boolean' ? 'bool' : typeof given;
  throw StatusError.badRequest(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into Go struct field .${field} of type string`,
  );
}

function checkKind(given: Described, wanted: { kind: string; apiVersion: string }, group: string): void {
  if (given.kind === wanted.kind && given.apiVersion === wanted.apiVersion) return;
  const [version, givenGroup = ''] = given.apiVersion.split('/').toReversed();
  const registered = RESOURCES.some(
    (resource) =>
      resource.kind === given.kind && resource.group === givenGroup && resource.version === version,
  );
  if (registered || (isType(given.kind) && given.apiVersion === 'v1')) {
    const from = `v1.${given.kind}`;
    throw given.refuse(
      `converting (${from}) to (${internalPackage(group)}.${wanted.kind}): unknown conversion`,
    );
  }
  throw given.refuse(
    `no kind "${given.kind}" is registered for version "${given.apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
  );
}

function decodeOrRefuse(
  decode: Decoder,
  value: { [field: string]: unknown },
  context: DecodeContext,
  described: Described,
): { [field: string]: unknown } {
  try {
    return decode(value, context) as { [field: string]: unknown };
  } catch (error) {
    if (error instanceof DecodeError) throw described.refuse(error.message);
    throw error;
  }
}

/** How many strict errors Kubernetes names before it says that there are more. */
function handleStrictErrors(errors: readonly string[], options: Strictness, described: Described): void {
  if (errors.length === 0 || options.fieldValidation === 'Ignore') return;
  const unique = [...new Set(errors)];
  if (options.fieldValidation === 'Strict') {
    throw described.refuse(`strict decoding error: ${unique.join(', ')}`);
  }
  for (const error of unique) options.warn(error);
}
