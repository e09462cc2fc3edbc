import type { Writable } from 'node:stream';

export interface Outbox<T> {
  send(message: T): void;
  /** No more is sent; what was sent goes out. */
  close(): void;
  readonly closed: boolean;
}

/**
 * Sends on a gRPC call without waiting. A peer that lets more than `limit` messages pile up does not read: `overrun` is called once and
 * nothing more is queued. A limit that moves is asked for at every message.
 */
export function createOutbox<T>(
  call: Writable,
  limit: number | (() => number),
  overrun: () => void,
): Outbox<T> {
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    send(message) {
      if (closed || call.destroyed || call.writableEnded) return;
      call.write(message);
      if (call.writableLength <= (typeof limit === 'number' ? limit : limit())) return;
      closed = true;
      overrun();
    },
    close() {
      closed = true;
    },
  };
}
