import type { Kinds } from '#api/resources.ts';
import type { Client } from '../client.ts';
import type { NodeInfo } from './node-info.ts';

export type Pod = Kinds['pods'];

/** What a plugin may know while one Pod is scheduled. Nothing of it changes meanwhile. */
export interface Cycle {
  readonly pod: Pod;
  /** Every node, also those that other plugins have turned down. */
  readonly nodes: readonly NodeInfo[];
  readonly client: Pick<Client, 'get' | 'list'>;
}

/** Why a node cannot take the Pod. */
export interface Rejection {
  /** In the words of Kubernetes' scheduler; they are counted over the nodes. */
  readonly reasons: readonly string[];
  /** No removal of other Pods would help (`UnschedulableAndUnresolvable`). */
  readonly unresolvable: boolean;
}

/** Undefined: the node can take the Pod. */
export type Filter = (node: NodeInfo) => Rejection | undefined;

/** What may have made room for a Pod that a plugin turned down. */
export type ClusterEvent = 'NodeAdd' | 'NodeUpdate' | 'PodAdd' | 'PodUpdate' | 'PodDelete';

/** A scheduling plugin. Both factories are called once for each Pod, so that what depends on the Pod alone is computed once. */
export interface Plugin {
  readonly name: string;
  /** Of its scores in the sum; 1 by default. */
  readonly weight?: number;
  /** Events of nodes, and of Pods that have a node, after which a Pod that this plugin turned down is tried again. */
  readonly events: readonly ClusterEvent[];
  /** What it says of one node depends on other nodes and their Pods too. */
  readonly looksBeyondNode?: boolean;
  /** Returns undefined when every node will do. */
  filter?(cycle: Cycle): Filter | undefined;
  /** A score from 0 to 100 for each node of `feasible`, in that order; undefined when the Pod gives nothing to choose by. */
  score?(cycle: Cycle, feasible: readonly NodeInfo[]): readonly number[] | undefined;
}

export const MAX_SCORE = 100;

export const unschedulable = (...reasons: string[]): Rejection => ({ reasons, unresolvable: false });
export const unresolvable = (...reasons: string[]): Rejection => ({ reasons, unresolvable: true });

/** k8s.io/kubernetes scheduler `helper.DefaultNormalizeScore`: the highest becomes 100, or 0 when `reverse`. */
export function normalize(scores: readonly number[], reverse = false): number[] {
  const highest = Math.max(0, ...scores);
  if (highest === 0) return scores.map(() => (reverse ? MAX_SCORE : 0));
  return scores.map((score) => {
    const share = Math.trunc((score * MAX_SCORE) / highest);
    return reverse ? MAX_SCORE - share : share;
  });
}
