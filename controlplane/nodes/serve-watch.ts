import * as grpc from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { nodeNameOf, unauthenticated } from './credentials.ts';
import { createOutbox } from './outbox.ts';

export interface WatchServiceOptions<Update> {
  /** Who reads at the node: `proxy`. */
  readonly reader: string;
  /** Messages that it may leave unread; asked for at every message. */
  readonly limit: () => number;
  readonly log: Logger;
  /** Sends what there is, and what comes; it may send before it returns. Returns how to end that. */
  readonly subscribe: (nodeName: string, send: (update: Update) => void) => () => void;
}

/** Serves a node's `Watch`: that node's alone, which its certificate proves. One that does not read is dropped; it connects again. */
export function serveWatch<Update>(
  call: grpc.ServerWritableStream<{ nodeName: string }, Update>,
  { reader, limit, log, subscribe }: WatchServiceOptions<Update>,
): void {
  const nodeName = nodeNameOf(call);
  if (nodeName === undefined || nodeName !== call.request.nodeName) {
    call.emit('error', unauthenticated('the client certificate is not of this node'));
    return;
  }
  let unsubscribe: (() => void) | undefined;
  const stop = (): void => {
    outbox.close();
    unsubscribe?.();
    unsubscribe = undefined;
  };
  const outbox = createOutbox<Update>(call, limit, () => {
    log.warn({ node: nodeName }, `the ${reader} does not read and is dropped`);
    stop();
    call.emit('error', {
      code: grpc.status.RESOURCE_EXHAUSTED,
      details: `the ${reader} does not read`,
    });
  });
  for (const event of ['cancelled', 'close', 'error']) call.on(event, stop);
  unsubscribe = subscribe(nodeName, (update) => outbox.send(update));
  // It may have been dropped by the first messages already.
  if (outbox.closed) stop();
}
