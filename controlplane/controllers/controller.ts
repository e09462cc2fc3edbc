import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import { StatusError } from '#api/status.ts';
import { WorkQueue } from './queue.ts';

export interface ControllerOptions {
  /** In log lines: `deployment`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keys worked on at the same time; 5 by default. One key is never worked on twice at a time. */
  readonly workers?: number;
  /**
   * Brings the object of `key` towards its desired state, from what the client says now. What it throws is logged, and the key comes
   * again after a growing delay. It must not throw for an object that is gone.
   */
  readonly sync: (key: string) => Promise<void | { requeueAfterMs: number }>;
}

export interface Controller {
  enqueue(key: string): void;
  enqueueAfter(key: string, milliseconds: number): void;
  /** Starts no further sync; resolves when the running ones have ended. */
  stop(): Promise<void>;
}

/** A worker lets timers and sockets have their turn after this many keys. */
const KEYS_A_TURN = 50;

/**
 * Works off a queue of keys with `sync`. Nothing is synced before the caller's current turn has ended, so that a burst of events of one
 * object is one sync.
 */
export function runController(options: ControllerOptions): Controller {
  const { clock, sync } = options;
  const log = options.log.child({ controller: options.name });
  const workers = new Set<Promise<void>>();
  /** Of `workers`, those that will take another key: one that has found the queue empty no longer counts. */
  let active = 0;
  let stopped = false;

  const queue = new WorkQueue({ clock, onReady: startWorker });

  function startWorker(): void {
    if (stopped || active >= (options.workers ?? 5)) return;
    active++;
    const worker = work().finally(() => workers.delete(worker));
    workers.add(worker);
  }

  async function work(): Promise<void> {
    await Promise.resolve();
    for (let count = 1; ; count++) {
      const key = queue.take();
      if (key === undefined) break;
      await syncOne(key);
      if (count % KEYS_A_TURN === 0) await nextTurn();
    }
    active--;
  }

  async function syncOne(key: string): Promise<void> {
    try {
      const result = await sync(key);
      queue.forget(key);
      if (result !== undefined) queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      const retryAfterMs = queue.addRateLimited(key);
      logFailure(error, { key, retryAfterMs });
    } finally {
      queue.done(key);
    }
  }

  /** That an object was changed or deleted meanwhile is the ordinary outcome of two writers meeting, not worth a line in the log. */
  function logFailure(error: unknown, fields: object): void {
    const expected = error instanceof StatusError && ['Conflict', 'NotFound'].includes(error.reason);
    log[expected ? 'debug' : 'warn']({ ...fields, err: error }, 'sync failed; will try again');
  }

  return {
    enqueue: (key) => queue.add(key),
    enqueueAfter: (key, milliseconds) => queue.addAfter(key, milliseconds),
    async stop() {
      stopped = true;
      queue.close();
      await Promise.all(workers);
    },
  };
}
