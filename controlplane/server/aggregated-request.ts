import type { OutgoingHttpHeaders } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { isServed, type Aggregation, type ApiService } from '../aggregation/aggregation.ts';
import { answerTo } from '../aggregation/backend.ts';
import type { ResourceAccess } from '../authorization/authorizer.ts';
import type { UserInfo } from '../registry/registry.ts';
import { StatusError } from '#api/status.ts';
import type { ApiRequest } from './api-request.ts';
import type { Exchange } from './exchange.ts';
import { hasBody } from './proxying/forward.ts';
import { requestHeaders, responseHeaders } from './proxying/headers.ts';
import { booleanParameter } from './query-options.ts';

/** A request for an API that another server serves. */
export interface AggregatedRequest {
  readonly service: ApiService;
  /** undefined for the group version itself (its discovery). */
  readonly access: ResourceAccess | undefined;
}

/** Reads `/apis/GROUP/VERSION/…`, and the path of its OpenAPI document; undefined when no APIService hands it to another server. */
export function aggregatedRequest(
  aggregation: Aggregation | undefined,
  request: ApiRequest,
): AggregatedRequest | undefined {
  if (aggregation === undefined || !SERVED_PATH.test(request.path)) return undefined;
  const isDocument = request.path.startsWith(OPENAPI);
  const path = isDocument ? request.path.slice(OPENAPI.length) : request.path;
  const [, , group = '', version = '', ...rest] = path.split('/');
  const service = aggregation.find(group, version);
  if (service === undefined) return undefined;
  return {
    service,
    access: accessOf(
      request,
      group,
      version,
      rest.filter((part) => part !== ''),
    ),
  };
}

const OPENAPI = '/openapi/v3';
const SERVED_PATH = /^(\/openapi\/v3)?\/apis\//;

/** After apiserver's `RequestInfoFactory`, which knows no more of the resource than its path says. */
function accessOf(
  request: ApiRequest,
  group: string,
  version: string,
  rest: readonly string[],
): ResourceAccess | undefined {
  if (rest.length === 0) return undefined;
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3;
  const [resource = '', name = '', subresource = ''] = (inNamespace ? rest.slice(2) : rest).map(decode);
  const namespace = inNamespace ? decode(rest[1]!) : '';
  return { verb: verbOf(request, name), group, version, resource, subresource, namespace, name };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw StatusError.badRequest('invalid URL escape in the path');
  }
}

function verbOf({ method, query }: ApiRequest, name: string): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    case 'GET':
    case 'HEAD':
      if (booleanParameter(query, 'watch')) return 'watch';
      return name === '' ? 'list' : 'get';
    default:
      return method.toLowerCase();
  }
}

/** Hands the request to the server and its answer to the client, as they come. Throws 503 when it cannot be reached. */
export async function serveAggregated(
  { backend }: Aggregation,
  { service }: AggregatedRequest,
  exchange: Exchange,
  user: UserInfo,
): Promise<void> {
  if (!isServed(service)) return unavailable(exchange);
  const { name = '', namespace = '' } = service.spec?.service ?? {};
  const sent = await backend.request(service, {
    method: exchange.method,
    path: exchange.request.url ?? '/',
    headers: {
      ...withoutIdentity(requestHeaders(exchange.request, `${name}.${namespace}.svc`, exchange.path)),
      ...identityHeaders(user),
    },
  });
  exchange.response.once('close', () => sent.destroy());
  const answered = answerTo(sent);
  if (!hasBody(exchange)) sent.end();
  else {
    if (exchange.header('content-length') === undefined) sent.setHeader('transfer-encoding', 'chunked');
    pipeline(exchange.request as Readable, sent, () => undefined);
  }
  const answer = await answered;
  const { response } = exchange;
  response.statusCode = answer.statusCode ?? 502;
  for (const [header, value] of responseHeaders(answer.headers)) response.setHeader(header, value);
  response.flushHeaders();
  await new Promise<void>((resolve) => {
    pipeline(answer, response, () => resolve());
  });
}

const unavailable = (exchange: Exchange): Promise<void> =>
  exchange.send(503, 'text/plain; charset=utf-8', 'service unavailable\n', {
    'x-content-type-options': 'nosniff',
  });

/** A client must not say itself who it is. */
const withoutIdentity = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-remote-')));

function identityHeaders({ name, groups, uid, extra }: UserInfo): OutgoingHttpHeaders {
  const extras = Object.entries(extra ?? {}).map(([key, values]) => [
    `x-remote-extra-${encodeURIComponent(key.toLowerCase())}`,
    [...values],
  ]);
  return {
    'x-remote-user': name,
    'x-remote-group': [...groups],
    ...(uid === undefined ? {} : { 'x-remote-uid': uid }),
    ...(Object.fromEntries(extras) as OutgoingHttpHeaders),
  };
}
