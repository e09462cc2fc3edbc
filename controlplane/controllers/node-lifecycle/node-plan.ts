import { rfc3339 } from '#api/clock.ts';
import type { NodeCondition, Taint } from '#api/gen/types.ts';
import type { Kinds } from '#api/resources.ts';
import { TAINT_NOT_READY, TAINT_UNREACHABLE, TAINT_UNSCHEDULABLE } from '#api/tolerations.ts';

type Node = Kinds['nodes'];

export const conditionOf = (node: Node, type: string): NodeCondition | undefined =>
  node.status?.conditions?.find((condition) => condition.type === type);

export const isReady = (node: Node): boolean => conditionOf(node, 'Ready')?.status === 'True';

/** The conditions that only a living node can know. */
const VITAL = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/**
 * The conditions of a node from which nothing was heard for its grace period (node lifecycle `tryUpdateNodeHealth`); undefined when they say
 * so already.
 */
export function silentConditions(node: Node, now: number): NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? [];
  const missing = VITAL.filter((type) => conditionOf(node, type) === undefined);
  const silent = conditions.map((condition) => {
    if (!VITAL.includes(condition.type) || condition.status === 'Unknown') return condition;
    return {
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: rfc3339(now),
    };
  });
  if (missing.length === 0 && silent.every((condition, i) => condition === conditions[i])) return undefined;
  return [...silent, ...missing.map((type) => neverPosted(node, type, now))];
}

const neverPosted = (node: Node, type: string, now: number): NodeCondition => ({
  type,
  status: 'Unknown',
  reason: 'NodeStatusNeverUpdated',
  message: 'Kubelet never posted node status.',
  lastHeartbeatTime: node.metadata.creationTimestamp,
  lastTransitionTime: rfc3339(now),
});

/** The taint for each condition and status that keeps new Pods away (`nodeConditionToTaintKeyStatusMap`). */
const CONDITION_TAINTS: readonly { type: string; status: string; key: string }[] = [
  { type: 'Ready', status: 'False', key: TAINT_NOT_READY },
  { type: 'Ready', status: 'Unknown', key: TAINT_UNREACHABLE },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
];

/** The taints that this controller may set and remove; all others are the users'. */
const isOwned = ({ key, effect }: Taint): boolean =>
  (effect === 'NoSchedule' &&
    (key === TAINT_UNSCHEDULABLE || CONDITION_TAINTS.some((taint) => taint.key === key))) ||
  (effect === 'NoExecute' && (key === TAINT_NOT_READY || key === TAINT_UNREACHABLE));

/**
 * The taints that the node's conditions ask for; undefined when it has them. Without `mayEvict` (no node is ready, so it is rather the control
 * plane that is cut off) no Pod is driven away.
 */
export function plannedTaints(node: Node, mayEvict: boolean, now: number): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const wanted = [...scheduleTaints(node), ...(mayEvict ? executeTaints(node) : [])];
  const kept = current.filter((taint) => !isOwned(taint) || wanted.some((one) => isSame(one, taint)));
  const added = wanted.filter((taint) => !current.some((one) => isSame(one, taint)));
  if (added.length === 0 && kept.length === current.length) return undefined;
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: rfc3339(now) }))];
}

function scheduleTaints(node: Node): Taint[] {
  const matching = CONDITION_TAINTS.filter(({ type, status }) => conditionOf(node, type)?.status === status);
  const keys = matching.map(({ key }) => key);
  if (node.spec?.unschedulable === true) keys.push(TAINT_UNSCHEDULABLE);
  return keys.map((key) => ({ key, effect: 'NoSchedule' }));
}

function executeTaints(node: Node): Taint[] {
  const status = conditionOf(node, 'Ready')?.status;
  if (status === 'False') return [{ key: TAINT_NOT_READY, effect: 'NoExecute' }];
  return status === 'Unknown' ? [{ key: TAINT_UNREACHABLE, effect: 'NoExecute' }] : [];
}

const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
