import type { Logger } from 'pino';
import type { NetworkPolicyServiceHandlers } from '#proto/gen/podlab/v1/NetworkPolicyService.ts';
import type { NetworkPolicyUpdate } from '#proto/gen/podlab/v1/NetworkPolicyUpdate.ts';
import type { PolicyFeed } from './policy-feed.ts';
import { serveWatch } from './serve-watch.ts';

/** Messages beyond twice the whole that an agent may leave unread. */
const MAX_UNREAD = 16_384;

/** Tells the nodes' agents what NetworkPolicies are enforced by. */
export const createPolicyService = (feed: PolicyFeed, log: Logger): NetworkPolicyServiceHandlers => ({
  Watch: (call) =>
    serveWatch<NetworkPolicyUpdate>(call, {
      reader: 'agent',
      limit: () => 2 * feed.size + MAX_UNREAD,
      log,
      subscribe(nodeName, send) {
        const subscription = feed.subscribe(nodeName, {
          upserted: (bytes) => send({ upserted: bytes }),
          deleted: (key) => send({ deleted: key }),
          cleared: (revision) => send({ cleared: { revision } }),
          reached: (revision) => send({ reached: { revision } }),
        });
        send({ synced: { revision: subscription.revision } });
        return () => subscription.stop();
      },
    }),
});
