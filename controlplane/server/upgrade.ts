import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { StatusError } from '#api/status.ts';
import { ApiRequest } from './api-request.ts';
import { admitConnection } from './connect-admission.ts';
import type { CertifiedSocket } from '../authentication/client-certificate.ts';
import { impersonated } from './impersonation.ts';
import { serveProxyUpgrade } from './proxying/upgrade.ts';
import { authorized, routeOf } from './request-handler.ts';
import type { ServerContext } from './server-context.ts';
import { isUpgradeSubresource, serveUpgrade } from './streaming-subresources.ts';

/** Serves an HTTP/1.1 upgrade of a streaming subresource. What is refused is answered as an ordinary response on the raw socket. */
export async function handleUpgrade(
  context: ServerContext,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => {});
  try {
    await upgrade(context, request, socket, head);
  } catch (error) {
    if (!(error instanceof StatusError))
      context.log.error({ err: error, path: request.url }, 'upgrade failed');
    const status = error instanceof StatusError ? error : StatusError.internal(String(error));
    socket.end(rawResponse(status));
  }
}

async function upgrade(
  context: ServerContext,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const exchange = new ApiRequest(request);
  const route = routeOf(exchange.path, context.registry.catalog);
  const { authenticator } = context.authentication;
  const shown = await authenticator.authenticate(request, socket as unknown as CertifiedSocket);
  const user = impersonated(context.authorizer, shown, request.rawHeaders);
  const what = route.kind === 'resource' ? route.target.subresource : undefined;
  if (route.kind === 'resource' && what === 'proxy') {
    const proxied = authorized(context, exchange, route.target, user);
    await admitConnection(context, proxied, () => undefined);
    return serveProxyUpgrade(context, proxied, { socket, head });
  }
  if (route.kind !== 'resource' || !isUpgradeSubresource(what)) {
    throw new StatusError('NotFound', 'the server could not find the requested resource', {});
  }
  await serveUpgrade(context, authorized(context, exchange, route.target, user), what, {
    request,
    socket,
    head,
  });
}

function rawResponse(error: StatusError): string {
  const body = JSON.stringify(error.toStatus());
  return [
    `HTTP/1.1 ${error.code} ${error.reason}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
