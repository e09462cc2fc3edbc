import type { ProxyUpdate__Output } from '#proto/gen/podlab/v1/ProxyUpdate.ts';
import { proxyProto } from '#proto/load.ts';
import { watchStream, type WatchOptions } from '#proto/watch-stream.ts';
import type { ClusterState } from './cluster-state.ts';

export interface ClusterWatchOptions extends WatchOptions {
  readonly state: ClusterState;
  /** After every (re)connection, when the state is the control plane's again. */
  onSynced(): void;
}

/** Keeps `state` in step with the control plane; reconnects for ever. */
export const watchCluster = (options: ClusterWatchOptions): { stop(): void } =>
  watchStream<ProxyUpdate__Output>({
    ...options,
    service: proxyProto.ProxyService,
    lostMessage: 'lost the control plane; the node goes on with what it last heard',
    started: () => options.state.resyncing(),
    heard: (update) => apply(options, update),
    isWhole: ({ update }) => update === 'synced',
  });

function apply(options: ClusterWatchOptions, update: ProxyUpdate__Output): void {
  const { state } = options;
  switch (update.update) {
    case 'upserted':
      return state.upsert(JSON.parse((update.upserted ?? Buffer.alloc(0)).toString()) as { kind?: string });
    case 'deleted': {
      const { resource = '', namespace = '', name = '' } = update.deleted ?? {};
      return state.delete(resource, namespace, name);
    }
    case 'synced':
      state.synced();
      return options.onSynced();
    default:
      return;
  }
}
