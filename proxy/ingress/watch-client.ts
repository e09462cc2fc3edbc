import type { HttpEntry } from '#api/http-routes.ts';
import type { HttpRoutesUpdate__Output } from '#proto/gen/podlab/v1/HttpRoutesUpdate.ts';
import { httpRoutesProto } from '#proto/load.ts';
import { watchStream, type WatchOptions } from '#proto/watch-stream.ts';

export interface HttpRoutesWatchOptions extends WatchOptions {
  apply(whole: boolean, upserted: readonly HttpEntry[], deleted: readonly string[]): void;
}

/** Follows the cluster's HTTP routes; reconnects for ever, and goes on with the last ones meanwhile. */
export const watchHttpRoutes = (options: HttpRoutesWatchOptions): { stop(): void } =>
  watchStream<HttpRoutesUpdate__Output>({
    ...options,
    service: httpRoutesProto.HttpRoutesService,
    lostMessage: 'lost the control plane; the HTTP routes last heard stay in force',
    heard({ whole, upserted, deleted }) {
      const entries = upserted.map((bytes) => JSON.parse(bytes.toString()) as HttpEntry);
      options.apply(whole, entries, deleted);
    },
    isWhole: ({ whole }) => whole,
  });
