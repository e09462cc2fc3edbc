import { isDeepStrictEqual } from 'node:util';
import { rfc3339 } from '#api/clock.ts';
import type { Node, NodeCondition, NodeStatus } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { keepTransition } from './pod-status.ts';

type StoredNode = Kinds['nodes'];

/**
 * The stored Node as its agent wants it when it registers again. Labels and annotations that the agent gives win, all others stay; taints,
 * Pod CIDR and `unschedulable` are the cluster's and stay (kubelet `tryRegisterWithAPIServer`).
 */
export const reconcileNode = (stored: StoredNode, wanted: Node): StoredNode => ({
  ...stored,
  metadata: {
    ...stored.metadata,
    ...merged('labels', stored.metadata.labels, wanted.metadata?.labels),
    ...merged('annotations', stored.metadata.annotations, wanted.metadata?.annotations),
  },
});

const merged = (
  field: string,
  stored: Record<string, string> | undefined,
  wanted: Record<string, string> | undefined,
): object => (stored === undefined && wanted === undefined ? {} : { [field]: { ...stored, ...wanted } });

/** What the status becomes; conditions that the agent does not report (NetworkUnavailable, say) stay. */
export function mergeNodeStatus(stored: NodeStatus, reported: NodeStatus): NodeStatus {
  const before = new Map((stored.conditions ?? []).map((condition) => [condition.type, condition]));
  const conditions = (reported.conditions ?? []).map((now) => keepTransition(before.get(now.type), now));
  const types = new Set(conditions.map(({ type }) => type));
  const others = (stored.conditions ?? []).filter(({ type }) => !types.has(type));
  return { ...stored, ...reported, conditions: [...conditions, ...others] };
}

/** kubelet `nodeStatusReportFrequency`: the Lease shows that a node lives, so heartbeat times alone are written seldom. */
const REPORT_EVERY = 5 * 60_000;

/** False when nothing but the heartbeat times differs, and these by less than five minutes. */
export function worthWriting(stored: NodeStatus, next: NodeStatus): boolean {
  if (!isDeepStrictEqual(withoutHeartbeats(stored), withoutHeartbeats(next))) return true;
  return latestHeartbeat(next) - latestHeartbeat(stored) >= REPORT_EVERY;
}

const withoutHeartbeats = (status: NodeStatus): NodeStatus => ({
  ...status,
  conditions: (status.conditions ?? []).map(({ lastHeartbeatTime: _time, ...rest }) => rest),
});

const latestHeartbeat = (status: NodeStatus): number =>
  Math.max(
    0,
    ...(status.conditions ?? []).map(({ lastHeartbeatTime }) => Date.parse(lastHeartbeatTime ?? '') || 0),
  );

/** The status of a node that stops in order (kubelet `nodeshutdown`): NotReady at once, before its Lease runs out. */
export function shutdownStatus(stored: NodeStatus, message: string, now: number): NodeStatus {
  const ready: NodeCondition = {
    type: 'Ready',
    status: 'False',
    reason: 'KubeletNotReady',
    message: message === '' ? 'node is shutting down' : message,
    lastHeartbeatTime: rfc3339(now),
    lastTransitionTime: rfc3339(now),
  };
  return mergeNodeStatus(stored, { conditions: [ready] });
}
