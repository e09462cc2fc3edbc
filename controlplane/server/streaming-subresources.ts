import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Kinds, Subresource } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { ApiRequest } from './api-request.ts';
import { authorizeResource } from './authorize.ts';
import { admitConnection } from './connect-admission.ts';
import { namedTarget } from './resource-handlers.ts';
import type { ResourceRequest, ServerContext } from './server-context.ts';

export type UpgradeSubresource = 'exec' | 'attach' | 'portforward';

export const isUpgradeSubresource = (name: Subresource | undefined): name is UpgradeSubresource =>
  name === 'exec' || name === 'attach' || name === 'portforward';

/** The Pod that a streaming subresource is about. Throws 404. */
async function podOf(context: ServerContext, request: ResourceRequest<ApiRequest>): Promise<Kinds['pods']> {
  const target = { ...namedTarget(request.route), subresource: undefined };
  const { object } = await context.registry.get(target);
  return object;
}

/** As the kubelet's location is looked up (`pkg/registry/core/pod/strategy.go`). Throws 400 for a Pod that no node has. */
function requireNode(pod: Kinds['pods']): void {
  if ((pod.spec?.nodeName ?? '') === '') {
    throw StatusError.badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  }
}

/** GET of `pods/NAME/log`. A Pod that is not scheduled has nothing to say yet: 204, as Kubernetes answers. */
export async function serveLog(context: ServerContext, request: ResourceRequest): Promise<void> {
  const { exchange } = request;
  const pod = await podOf(context, request);
  if ((pod.spec?.nodeName ?? '') === '') {
    exchange.writeHead(204);
    exchange.response.end();
    return;
  }
  await context.streaming.log(pod, exchange.query, exchange.request, exchange.response);
}

/** An exec, attach or port-forward that does not ask for an upgrade. Always throws. */
export async function refuseWithoutUpgrade(context: ServerContext, request: ResourceRequest): Promise<never> {
  await admitConnection(context, request, request.exchange.warn);
  requireNode(await podOf(context, request));
  throw StatusError.badRequest('Upgrade request required');
}

/** An HTTP/1.1 upgrade of an exec, attach or port-forward. */
export async function serveUpgrade(
  context: ServerContext,
  request: ResourceRequest<ApiRequest>,
  what: UpgradeSubresource,
  connection: { request: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  // A GET, as WebSockets have it, must not do what a POST may not (KEP-4006).
  if (request.verb !== 'create') authorizeResource(context.authorizer, request.user, 'create', request.route);
  // The answer to a handshake has no place for warnings that kubectl would show.
  await admitConnection(context, request, () => undefined);
  const pod = await podOf(context, request);
  requireNode(pod);
  await context.streaming.upgrade(
    what,
    pod,
    request.exchange.query,
    connection.request,
    connection.socket,
    connection.head,
  );
}
