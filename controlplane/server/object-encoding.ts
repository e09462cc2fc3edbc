import { stringify } from 'yaml';
import type { KubeObject, Resource } from '#api/resources.ts';
import { apiVersionOf } from '#api/resources.ts';
import { encodeProtobuf } from '#api/protobuf/encode.ts';
import { StatusError } from '#api/status.ts';
import type { ListResult } from '../registry/registry.ts';
import type { Entry } from '../store/store.ts';
import type { Exchange } from './exchange.ts';
import { type OutputType, PROTOBUF, type Transform, negotiateOutput } from './media-type.ts';
import { type IncludeObject, type ListMeta, buildTable, partialMetadata } from './tables/build.ts';

/** Reads the `includeObject` parameter. Throws 400 as apiserver does. */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw StatusError.badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}

/** Answers with one object, in the negotiated form. `now`: milliseconds since the epoch. */
export function sendEntry(
  exchange: Exchange,
  output: OutputType,
  resource: Resource,
  status: number,
  entry: Entry,
  now: number,
): Promise<void> {
  const { encoding, transform } = output;
  if (transform === 'none' && encoding === 'json' && !exchange.pretty) {
    return exchange.send(status, 'application/json', entry.json);
  }
  return sendValue(exchange, output, status, transformEntry(exchange, output, resource, entry, now));
}

function transformEntry(
  exchange: Exchange,
  output: OutputType,
  resource: Resource,
  entry: Entry,
  now: number,
): object {
  const { object } = entry;
  switch (output.transform) {
    case 'Table':
      return buildTable(
        resource,
        [object],
        { resourceVersion: object.metadata.resourceVersion },
        tableOptions(exchange, output, now),
      );
    case 'PartialObjectMetadata':
      return partialMetadata(object, output.version);
    default:
      return object;
  }
}

const tableOptions = (
  exchange: Exchange,
  output: OutputType,
  now: number,
): { version: string; includeObject: IncludeObject; noHeaders: boolean; now: number } => ({
  version: output.version,
  includeObject: includeObjectOf(exchange.query),
  noHeaders: false,
  now,
});

/** Answers with a list, in the negotiated form. Objects that were serialised when they were stored are not serialised again. */
export function sendList(
  exchange: Exchange,
  output: OutputType,
  resource: Resource,
  result: ListResult,
  now: number,
): Promise<void> {
  const { encoding, transform } = output;
  const metadata = listMeta(result);
  if (transform === 'none' && encoding === 'json' && !exchange.pretty) {
    return exchange.send(200, 'application/json', listJson(resource, metadata, result.entries));
  }
  const objects = result.entries.map((entry) => entry.object);
  return sendValue(exchange, output, 200, transformList(exchange, output, resource, objects, metadata, now));
}

function transformList(
  exchange: Exchange,
  output: OutputType,
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: ListMeta,
  now: number,
): object {
  switch (output.transform) {
    case 'Table':
      return buildTable(resource, objects, metadata, tableOptions(exchange, output, now));
    case 'PartialObjectMetadataList':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${output.version}`,
        metadata,
        items: objects.map((object) => partialMetadata(object, output.version)),
      };
    default:
      return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items: objects };
  }
}

const listMeta = (result: ListResult): ListMeta => ({
  resourceVersion: result.resourceVersion,
  ...(result.continue === undefined ? {} : { continue: result.continue }),
  ...(result.remainingItemCount === undefined ? {} : { remainingItemCount: result.remainingItemCount }),
});

function listJson(resource: Resource, metadata: ListMeta, entries: readonly Entry[]): string {
  const head = `{"kind":"${resource.kind}List","apiVersion":"${apiVersionOf(resource)}","metadata":${JSON.stringify(metadata)},"items":[`;
  return `${head}${entries.map((entry) => entry.json).join(',')}]}`;
}

/** Answers with any object that the negotiated encoding can write. */
export function sendValue(
  exchange: Exchange,
  { encoding }: Pick<OutputType, 'encoding'>,
  status: number,
  value: object,
  headers: Record<string, string> = {},
): Promise<void> {
  switch (encoding) {
    case 'json':
      return exchange.sendJson(status, value, headers);
    case 'yaml':
      return exchange.send(status, 'application/yaml', toYaml(value), headers);
    case 'protobuf':
      return exchange.send(status, PROTOBUF, encodeProtobuf(value), headers);
  }
}

const toYaml = (value: unknown): string => stringify(value, { version: '1.1', aliasDuplicateObjects: false });

/** Answers with what went wrong, in the form that was asked for if there is one, else as JSON. */
export function sendStatus(exchange: Exchange, error: StatusError): Promise<void> {
  const { retryAfterSeconds = 0 } = error.details ?? {};
  const headers: Record<string, string> =
    retryAfterSeconds > 0 ? { 'retry-after': String(retryAfterSeconds) } : {};
  return sendValue(exchange, statusOutput(exchange.header('accept')), error.code, error.toStatus(), headers);
}

function statusOutput(accept: string | undefined): Pick<OutputType, 'encoding'> {
  try {
    return negotiateOutput(accept, { transforms: EVERY_TRANSFORM, hasProtobuf: true });
  } catch {
    return { encoding: 'json' };
  }
}

/** Whatever was asked for, a refusal is a Status. */
const EVERY_TRANSFORM: readonly Transform[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];
