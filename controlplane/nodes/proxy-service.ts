import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Kinds } from '#api/resources.ts';
import type { ProxyServiceHandlers } from '#proto/gen/podlab/v1/ProxyService.ts';
import type { ProxyUpdate } from '#proto/gen/podlab/v1/ProxyUpdate.ts';
import type { Client } from '../client.ts';
import { nodeNameOf, unauthenticated } from './credentials.ts';
import { createOutbox } from './outbox.ts';
import { proxyBytes, type Proxied } from './proxy-objects.ts';

const WATCHED = ['services', 'endpointslices', 'nodes'] as const;
/** Messages beyond the first whole that a proxy may leave unread. */
const MAX_UNREAD = 8_192;

type WatchCall = Parameters<ProxyServiceHandlers['Watch']>[0];

/** Serves the nodes' proxies: what they read of each object, and of its changes those that change that. */
export function createProxyService(client: Client, log: Logger): ProxyServiceHandlers {
  return {
    Watch(call) {
      const nodeName = nodeNameOf(call);
      if (nodeName === undefined || nodeName !== call.request.nodeName) {
        call.emit('error', unauthenticated('the client certificate is not of this node'));
        return;
      }
      serve(client, log.child({ node: nodeName }), call);
    },
  };
}

function serve(client: Client, log: Logger, call: WatchCall): void {
  const existing = WATCHED.reduce((sum, resource) => sum + client.list(resource).length, 0);
  const outbox = createOutbox<ProxyUpdate>(call, existing + MAX_UNREAD, () => {
    log.warn('the proxy does not read and is dropped');
    stop();
    call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details: 'the proxy does not read' });
  });
  const stops: (() => void)[] = [];
  function stop(): void {
    outbox.close();
    for (const one of stops) one();
  }
  for (const event of ['cancelled', 'close', 'error']) call.on(event, stop);

  const upsert = (object: Proxied): void => outbox.send({ upserted: proxyBytes(object) });
  for (const resource of WATCHED) {
    stops.push(
      client.watch(resource, {
        added: upsert,
        updated(previous, object) {
          if (!proxyBytes(previous).equals(proxyBytes(object))) upsert(object);
        },
        deleted: ({ metadata: { namespace = '', name } }: Kinds[typeof resource]) =>
          outbox.send({ deleted: { resource, namespace, name } }),
      }),
    );
  }
  outbox.send({ synced: {} });
}
