import type { Logger } from 'pino';
import type { HttpRoutesServiceHandlers } from '#proto/gen/podlab/v1/HttpRoutesService.ts';
import type { HttpRoutesUpdate } from '#proto/gen/podlab/v1/HttpRoutesUpdate.ts';
import type { HttpRoutesTable } from '../http-routes/http-routes-table.ts';
import { serveWatch } from './serve-watch.ts';

/** Messages that a node may leave unread. */
const MAX_UNREAD = 4096;

/** Serves the nodes' HTTP data planes; nobody else, because the entries hold private keys. */
export const createHttpRoutesService = (table: HttpRoutesTable, log: Logger): HttpRoutesServiceHandlers => ({
  Watch: (call) =>
    serveWatch<HttpRoutesUpdate>(call, {
      reader: 'HTTP data plane',
      limit: () => MAX_UNREAD,
      log,
      subscribe: (_, send) =>
        table.follow(
          (entries) => send({ whole: true, upserted: [...entries] }),
          ({ upserted, deleted }) => send({ upserted: [...upserted], deleted: [...deleted] }),
        ),
    }),
});
