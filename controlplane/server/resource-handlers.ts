import type { DeleteOptions } from '#api/gen/types.ts';
import { decodeProtobuf } from '#api/protobuf/decode.ts';
import type { Resource, Verb } from '#api/resources.ts';
import { isType } from '#api/schema.ts';
import { LENIENT, decodeAs } from '../registry/decode/decode.ts';
import type { NamedTarget, UserInfo, WriteOptions } from '../registry/registry.ts';
import { readBody } from './body.ts';
import { decodeObject, decodeOptions, decodePatch } from './decode.ts';
import type { Exchange } from './exchange.ts';
import {
  type OutputType,
  type Transform,
  negotiateInput,
  negotiateOutput,
  negotiatePatch,
} from './media-type.ts';
import { sendEntry, sendList, sendValue } from './object-encoding.ts';
import { booleanParameter, deleteOptionsOfQuery, listOptions, writeOptions } from './query-options.ts';
import type { ResourceRoute } from './request-info.ts';
import { returnsDeleted } from './returns-deleted.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';
import { serveWatch } from './watch-handler.ts';

type Handler = (context: ServerContext, request: ResourceRequest) => Promise<void>;

const OF_OBJECT: readonly Transform[] = ['Table', 'PartialObjectMetadata'];
/** Reviews are answers, which have neither rows nor metadata. */
const OF_ANSWER: readonly Transform[] = [];
const OF_LIST: readonly Transform[] = ['Table', 'PartialObjectMetadataList', 'PartialObjectMetadata'];

/** What serves each verb. */
export const RESOURCE_HANDLERS: Record<Verb, Handler> = {
  get,
  list,
  watch: serveWatch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
};

const outputOf = ({ exchange, route }: ResourceRequest, transforms = OF_OBJECT): OutputType =>
  negotiateOutput(exchange.header('accept'), {
    transforms,
    isList: transforms === OF_LIST,
    hasProtobuf: isType(route.resource.type),
  });

/** The route of an item as the registry names it. */
export const namedTarget = (route: ResourceRoute): NamedTarget => ({
  resource: route.resource,
  namespace: route.namespace,
  name: route.name ?? '',
  subresource: route.subresource,
});

async function get(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route } = request;
  const output = outputOf(request);
  const entry = await context.registry.get(namedTarget(route));
  await sendEntry(exchange, output, route.resource, 200, entry, context.clock.now());
}

async function list(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route } = request;
  const output = outputOf(request, OF_LIST);
  const result = await context.registry.list(route, listOptions(exchange.query));
  await sendList(exchange, output, route.resource, result, context.clock.now());
}

async function create(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route, user } = request;
  const output = outputOf(request, route.resource.verbs.includes('get') ? OF_OBJECT : OF_ANSWER);
  const query = writeOptions(exchange.query, 'CreateOptions', exchange.header('user-agent'));
  const { body, duplicateFields } = await objectBody(exchange, kindOfBody(route));
  const write: WriteOptions = { ...query, user, warn: exchange.warn, duplicateFields };
  const entry = await context.registry.create(namedTarget(route), body, write);
  await sendEntry(exchange, output, route.resource, 201, entry, context.clock.now());
}

async function update(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route, user } = request;
  const output = outputOf(request);
  const query = writeOptions(exchange.query, 'UpdateOptions', exchange.header('user-agent'));
  const { body, duplicateFields } = await objectBody(exchange, kindOfBody(route));
  const write: WriteOptions = { ...query, user, warn: exchange.warn, duplicateFields };
  const { entry, created } = await context.registry.update(namedTarget(route), body, write);
  await sendEntry(exchange, output, route.resource, created ? 201 : 200, entry, context.clock.now());
}

async function patch(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route, user } = request;
  const output = outputOf(request);
  const type = negotiatePatch(exchange.header('content-type'));
  const query = writeOptions(exchange.query, 'PatchOptions', exchange.header('user-agent'), type);
  const decoded = decodePatch(
    await readBody(exchange.request),
    type,
    booleanParameter(exchange.query, 'force'),
  );
  const write: WriteOptions = { ...query, user, warn: exchange.warn };
  const { entry, created } = await context.registry.patch(namedTarget(route), decoded, write);
  await sendEntry(exchange, output, route.resource, created ? 201 : 200, entry, context.clock.now());
}

/** What the body of a create or update holds. */
function kindOfBody({ resource, subresource }: ResourceRoute): string {
  switch (subresource) {
    case 'scale':
      return 'Scale';
    case 'binding':
      return 'Binding';
    case 'eviction':
      return 'Eviction';
    case 'token':
      return 'TokenRequest';
    default:
      return resource.kind;
  }
}

async function objectBody(
  exchange: Exchange,
  kind: string,
): Promise<{ body: unknown; duplicateFields: readonly string[] }> {
  const type = negotiateInput(exchange.header('content-type'));
  const bytes = await readBody(exchange.request);
  if (type === 'protobuf') return { body: decodeProtobuf(bytes).object, duplicateFields: [] };
  const { value, duplicates } = decodeObject(bytes, type, kind);
  return { body: value, duplicateFields: duplicates };
}

async function deleteOptionsOf(exchange: Exchange): Promise<DeleteOptions> {
  const bytes = await readBody(exchange.request);
  if (bytes.length === 0) return deleteOptionsOfQuery(exchange.query);
  const type = negotiateInput(exchange.header('content-type'));
  const options = type === 'protobuf' ? decodeProtobuf(bytes).object : decodeOptions(bytes, type);
  // Every group has a DeleteOptions of its own, so its version says nothing.
  const { apiVersion: _, ...fields } = options;
  return decodeAs('DeleteOptions', DELETE_OPTIONS, '', fields, LENIENT);
}

const DELETE_OPTIONS = { kind: 'DeleteOptions', apiVersion: 'v1' };

const deleteWrite = (exchange: Exchange, user: UserInfo, options: DeleteOptions): WriteOptions => ({
  user,
  dryRun: (options.dryRun ?? []).includes('All'),
  fieldManager: '',
  fieldValidation: 'Ignore',
  warn: exchange.warn,
});

async function deleteOne(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route, user } = request;
  const output = outputOf(request);
  const options = await deleteOptionsOf(exchange);
  const write = deleteWrite(exchange, user, options);
  const { entry, gone } = await context.registry.delete(namedTarget(route), options, write);
  if (gone && !returnsDeleted(route.resource)) {
    await sendValue(exchange, output, 200, deletedStatus(route.resource, entry.object.metadata));
    return;
  }
  const waits = options.orphanDependents === false || options.propagationPolicy === 'Foreground';
  const status = !gone && waits ? 202 : 200;
  await sendEntry(exchange, output, route.resource, status, entry, context.clock.now());
}

const deletedStatus = (resource: Resource, metadata: { name: string; uid: string }): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: metadata.name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.name,
    uid: metadata.uid,
  },
});

async function deleteCollection(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange, route, user } = request;
  const output = outputOf(request, OF_LIST);
  const selection = listOptions(exchange.query);
  const options = await deleteOptionsOf(exchange);
  const write = deleteWrite(exchange, user, options);
  const result = await context.registry.deleteCollection(route, selection, options, write);
  await sendList(exchange, output, route.resource, result, context.clock.now());
}
