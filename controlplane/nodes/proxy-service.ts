import type { Logger } from 'pino';
import type { Kinds } from '#api/resources.ts';
import type { ProxyServiceHandlers } from '#proto/gen/podlab/v1/ProxyService.ts';
import type { ProxyUpdate } from '#proto/gen/podlab/v1/ProxyUpdate.ts';
import type { Client } from '../client.ts';
import { proxyBytes, type Proxied } from './proxy-objects.ts';
import { serveWatch } from './serve-watch.ts';

const WATCHED = ['services', 'endpointslices', 'nodes'] as const;
/** Messages beyond the first whole that a proxy may leave unread. */
const MAX_UNREAD = 8_192;

/** Serves the nodes' proxies: what they read of each object, and of its changes those that change that. */
export const createProxyService = (client: Client, log: Logger): ProxyServiceHandlers => ({
  Watch(call) {
    const existing = WATCHED.reduce((sum, resource) => sum + client.list(resource).length, 0);
    serveWatch<ProxyUpdate>(call, {
      reader: 'proxy',
      limit: () => existing + MAX_UNREAD,
      log,
      subscribe: (_, send) => follow(client, send),
    });
  },
});

function follow(client: Client, send: (update: ProxyUpdate) => void): () => void {
  const upsert = (object: Proxied): void => send({ upserted: proxyBytes(object) });
  const stops = WATCHED.map((resource) =>
    client.watch(resource, {
      added: upsert,
      updated(previous, object) {
        if (!proxyBytes(previous).equals(proxyBytes(object))) upsert(object);
      },
      deleted: ({ metadata: { namespace = '', name } }: Kinds[typeof resource]) =>
        send({ deleted: { resource, namespace, name } }),
    }),
  );
  send({ synced: {} });
  return () => {
    for (const stop of stops) stop();
  };
}
