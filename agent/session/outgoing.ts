import type { CoreV1Event, PodStatus } from '#api/gen/types.ts';
import type { AgentMessage } from '#proto/gen/podlab/v1/AgentMessage.ts';
import type { PodRef } from './control-plane.ts';

/**
 * What the control plane has yet to hear. Each report is remembered until it is acknowledged, and given as the message to send now; after
 * a new connection `backlog` gives all of them again.
 */
export interface Outgoing {
  /** The newest status of a Pod replaces an older one. */
  status(pod: PodRef, status: PodStatus): AgentMessage;
  statusAcknowledged(uid: string, sequence: number): void;
  terminated(pod: PodRef): AgentMessage;
  /** The Pod is no longer in the API: nothing of it matters. */
  gone(uid: string): void;
  /** Keeps what the node reports between registering and being registered; undefined forgets it, since registering says it all. */
  keepNodeStatus(message: AgentMessage | undefined): void;
  /** Keeps an event for the next connection, and the newest ones when there are too many. */
  keepEvent(event: Partial<CoreV1Event>): void;
  /** The node's status first; Pods' statuses before terminations, so that a Pod's last status is stored before its object goes; then the kept events, once. */
  backlog(): AgentMessage[];
  readonly unacknowledged: number;
}

const MAX_EVENTS = 256;

export function createOutgoing(): Outgoing {
  const statuses = new Map<string, { sequence: number; message: AgentMessage }>();
  const terminated = new Map<string, AgentMessage>();
  let events: AgentMessage[] = [];
  let nodeStatus: AgentMessage | undefined;
  let sequence = 0;

  return {
    status(pod, status) {
      sequence += 1;
      const message = { podStatus: { pod, statusJson: Buffer.from(JSON.stringify(status)), sequence } };
      statuses.set(pod.uid, { sequence, message });
      return message;
    },
    statusAcknowledged(uid, acknowledged) {
      if (statuses.get(uid)?.sequence === acknowledged) statuses.delete(uid);
    },
    terminated(pod) {
      const message = { podTerminated: { pod } };
      terminated.set(pod.uid, message);
      return message;
    },
    gone(uid) {
      statuses.delete(uid);
      terminated.delete(uid);
    },
    keepNodeStatus(message) {
      nodeStatus = message;
    },
    keepEvent(event) {
      events = [...events.slice(1 - MAX_EVENTS), eventMessage(event)];
    },
    backlog() {
      const kept = events;
      const node = nodeStatus === undefined ? [] : [nodeStatus];
      events = [];
      nodeStatus = undefined;
      return [
        ...node,
        ...[...statuses.values()].map(({ message }) => message),
        ...terminated.values(),
        ...kept,
      ];
    },
    get unacknowledged() {
      return statuses.size;
    },
  };
}

export const eventMessage = (event: Partial<CoreV1Event>): AgentMessage => ({
  event: { eventJson: Buffer.from(JSON.stringify(event)) },
});
