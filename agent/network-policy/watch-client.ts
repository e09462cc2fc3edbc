import type { NetworkPolicyUpdate__Output } from '#proto/gen/podlab/v1/NetworkPolicyUpdate.ts';
import { networkPolicyProto } from '#proto/load.ts';
import { watchStream, type WatchOptions } from '#proto/watch-stream.ts';

export interface PolicyWatchOptions extends WatchOptions {
  /** A new connection begins to name everything again. */
  onStart(): void;
  onUpdate(update: NetworkPolicyUpdate__Output): void;
}

/** Hears the control plane's NetworkPolicies; reconnects for ever. */
export const watchPolicies = (options: PolicyWatchOptions): { stop(): void } =>
  watchStream<NetworkPolicyUpdate__Output>({
    ...options,
    service: networkPolicyProto.NetworkPolicyService,
    lostMessage: 'lost the control plane; the policies last heard stay in force',
    started: () => options.onStart(),
    heard: (update) => options.onUpdate(update),
    isWhole: ({ update }) => update === 'synced',
  });
