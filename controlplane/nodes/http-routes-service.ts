import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { HttpRoutesServiceHandlers } from '#proto/gen/podlab/v1/HttpRoutesService.ts';
import type { HttpRoutesUpdate } from '#proto/gen/podlab/v1/HttpRoutesUpdate.ts';
import type { HttpRoutesTable } from '../http-routes/http-routes-table.ts';
import { nodeNameOf, unauthenticated } from './credentials.ts';
import { createOutbox } from './outbox.ts';

/** Messages that a node may leave unread. */
const MAX_UNREAD = 4096;

/** Serves the nodes' HTTP data planes; nobody else, because the entries hold private keys. */
export function createHttpRoutesService(table: HttpRoutesTable, log: Logger): HttpRoutesServiceHandlers {
  return {
    Watch(call) {
      const nodeName = nodeNameOf(call);
      if (nodeName === undefined || nodeName !== call.request.nodeName) {
        call.emit('error', unauthenticated('the client certificate is not of this node'));
        return;
      }
      const outbox = createOutbox<HttpRoutesUpdate>(call, MAX_UNREAD, () => {
        log.warn({ node: nodeName }, 'the HTTP data plane does not read and is dropped');
        stop();
        call.emit('error', {
          code: grpc.status.RESOURCE_EXHAUSTED,
          details: 'the HTTP data plane does not read',
        });
      });
      const unfollow = table.follow(
        (entries) => outbox.send({ whole: true, upserted: [...entries] }),
        ({ upserted, deleted }) => outbox.send({ upserted: [...upserted], deleted: [...deleted] }),
      );
      function stop(): void {
        outbox.close();
        unfollow();
      }
      for (const event of ['cancelled', 'close', 'error']) call.on(event, stop);
    },
  };
}
