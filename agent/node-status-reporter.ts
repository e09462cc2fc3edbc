import type { Logger } from 'pino';
import type { Clock } from '#api/clock.ts';
import type { Node, NodeStatus } from '#api/gen/types.ts';
import type { ControlPlane } from './session/control-plane.ts';

/** How often the node is looked at, and how often its status is sent though nothing changed: the kubelet's `nodeStatusUpdateFrequency` and `nodeStatusReportFrequency`. */
const LOOK_EVERY = 10_000;
const REPORT_EVERY = 300_000;

/** Reports the node's status when it changes, and now and then anyway. `read` gives the Node as it is now. */
export function reportNodeStatus(options: {
  clock: Clock;
  log: Logger;
  session: Pick<ControlPlane, 'reportNodeStatus'>;
  read: () => Promise<Node>;
}): { stop(): void } {
  const { clock, log, session, read } = options;
  let reported = '';
  let reportedAt = clock.now();
  let stopped = false;
  let cancel = clock.after(LOOK_EVERY, () => void look());

  async function look(): Promise<void> {
    try {
      const { status = {} } = await read();
      const state = withoutTimes(status);
      if (!stopped && (state !== reported || clock.now() - reportedAt >= REPORT_EVERY)) {
        session.reportNodeStatus(status);
        reported = state;
        reportedAt = clock.now();
      }
    } catch (error) {
      log.warn({ err: error }, 'cannot read the state of the node');
    }
    if (!stopped) cancel = clock.after(LOOK_EVERY, () => void look());
  }

  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/** When a condition was looked at is no change of it. */
const withoutTimes = (status: NodeStatus): string =>
  JSON.stringify(status, (key, value: unknown) =>
    key === 'lastHeartbeatTime' || key === 'lastTransitionTime' ? undefined : value,
  );
