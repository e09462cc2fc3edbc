import type { KubeObject } from '#api/resources.ts';
import type { ApiRequest } from './api-request.ts';
import { booleanParameter } from './query-options.ts';
import { namedTarget } from './resource-handlers.ts';
import type { ResourceRoute } from './request-info.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';

/** Lets admission have its say about a connection to a Pod, Service or Node (apiserver `handlers.ConnectResource`). Throws its refusal. */
export async function admitConnection(
  { registry }: ServerContext,
  { exchange, route, user }: ResourceRequest<ApiRequest>,
  warn: (text: string) => void,
): Promise<void> {
  const write = { user, dryRun: false, fieldManager: '', fieldValidation: 'Ignore' as const, warn };
  await registry.connect(namedTarget(route), connectOptions(route, exchange.query), write);
}

/** core/v1 `PodExecOptions` and its like. They have no metadata. */
function connectOptions(route: ResourceRoute, query: URLSearchParams): KubeObject {
  const { kind, fields } = optionsOf(route, query);
  return { kind, apiVersion: 'v1', ...fields } as unknown as KubeObject;
}

function optionsOf(route: ResourceRoute, query: URLSearchParams): { kind: string; fields: object } {
  switch (route.subresource) {
    case 'exec':
      return { kind: 'PodExecOptions', fields: { ...streams(query), command: query.getAll('command') } };
    case 'attach':
      return { kind: 'PodAttachOptions', fields: streams(query) };
    case 'portforward':
      return { kind: 'PodPortForwardOptions', fields: ports(query) };
    default:
      return { kind: `${route.resource.kind}ProxyOptions`, fields: path(route) };
  }
}

const STREAMS = ['stdin', 'stdout', 'stderr', 'tty'];

const streams = (query: URLSearchParams): object => ({
  ...Object.fromEntries(STREAMS.filter((name) => booleanParameter(query, name)).map((name) => [name, true])),
  ...(query.get('container') ? { container: query.get('container') } : {}),
});

function ports(query: URLSearchParams): object {
  const given = query
    .getAll('ports')
    .flatMap((list) => list.split(','))
    .map(Number)
    .filter(Number.isInteger);
  return given.length === 0 ? {} : { ports: given };
}

const path = ({ proxyPath }: ResourceRoute): object => (proxyPath ? { path: proxyPath } : {});
