import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { NetworkPolicyServiceHandlers } from '#proto/gen/podlab/v1/NetworkPolicyService.ts';
import type { NetworkPolicyUpdate } from '#proto/gen/podlab/v1/NetworkPolicyUpdate.ts';
import { nodeNameOf, unauthenticated } from './credentials.ts';
import { createOutbox } from './outbox.ts';
import type { PolicyFeed } from './policy-feed.ts';

/** Messages beyond twice the whole that an agent may leave unread. */
const MAX_UNREAD = 16_384;

type WatchCall = Parameters<NetworkPolicyServiceHandlers['Watch']>[0];

/** Tells the nodes' agents what NetworkPolicies are enforced by. */
export function createPolicyService(feed: PolicyFeed, log: Logger): NetworkPolicyServiceHandlers {
  return {
    Watch(call) {
      const nodeName = nodeNameOf(call);
      if (nodeName === undefined || nodeName !== call.request.nodeName) {
        call.emit('error', unauthenticated('the client certificate is not of this node'));
        return;
      }
      serve(feed, log.child({ node: nodeName }), nodeName, call);
    },
  };
}

function serve(feed: PolicyFeed, log: Logger, nodeName: string, call: WatchCall): void {
  let subscription: { stop(): void } | undefined;
  const stop = (): void => {
    outbox.close();
    subscription?.stop();
  };
  const outbox = createOutbox<NetworkPolicyUpdate>(
    call,
    () => 2 * feed.size + MAX_UNREAD,
    () => {
      log.warn('the agent does not read its network policies and is dropped');
      stop();
      call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details: 'the agent does not read' });
    },
  );
  for (const event of ['cancelled', 'close', 'error']) call.on(event, stop);

  const { revision: known, ...subscribed } = feed.subscribe(nodeName, {
    upserted: (bytes) => outbox.send({ upserted: bytes }),
    deleted: (key) => outbox.send({ deleted: key }),
    cleared: (revision) => outbox.send({ cleared: { revision } }),
    reached: (revision) => outbox.send({ reached: { revision } }),
  });
  subscription = subscribed;
  outbox.send({ synced: { revision: known } });
}
