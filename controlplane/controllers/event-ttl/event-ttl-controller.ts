import type { Kinds } from '#api/resources.ts';
import { StatusError } from '#api/status.ts';
import type { ControllerContext, Running } from '../context.ts';

/** kube-apiserver `--event-ttl`: an Event is kept for an hour after it last happened. */
const TTL_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;

/** Removes old Events, which Kubernetes leaves to leases of etcd. */
export function startEventTtlController({ client, clock, log }: ControllerContext): Running {
  let running: Promise<void> = Promise.resolve();
  let cancel = clock.after(SWEEP_EVERY_MS, sweepAndRepeat);

  function sweepAndRepeat(): void {
    running = sweep().catch((error: unknown) => log.warn({ err: error }, 'cannot remove old events'));
    cancel = clock.after(SWEEP_EVERY_MS, sweepAndRepeat);
  }

  async function sweep(): Promise<void> {
    const old = client.list('events').filter((event) => lastSeen(event) + TTL_MS <= clock.now());
    await Promise.all(
      old.map(({ metadata: { namespace = '', name, uid, resourceVersion } }) =>
        // One that happens again meanwhile stays: its version is another.
        client.delete('events', namespace, name, { uid, resourceVersion }).catch(ignoreRefusal),
      ),
    );
  }

  return {
    async stop() {
      cancel();
      await running;
    },
  };
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof StatusError)) throw error;
}

/** Milliseconds since the epoch. */
function lastSeen(event: Kinds['events']): number {
  const { lastTimestamp, eventTime, series, metadata } = event;
  const times = [lastTimestamp, eventTime, series?.lastObservedTime, metadata.creationTimestamp];
  return Math.max(...times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time)));
}
