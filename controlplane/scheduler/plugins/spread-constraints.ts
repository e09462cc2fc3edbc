import type { LabelSelector, TopologySpreadConstraint } from '#api/gen/types.ts';
import { labelSelectorMatcher, mapSelectorMatcher, type LabelMatcher } from '#api/selectors.ts';
import { toleratesTaint } from '#api/tolerations.ts';
import type { Cycle, Pod } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { matchesNode } from './node-affinity.ts';

export const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

export interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** Which Pods of the same namespace are counted. */
  readonly counts: LabelMatcher;
  /** Whether the Pods on this node are counted. */
  readonly includes: (node: NodeInfo) => boolean;
}

/** The Pod's own constraints of one kind. */
export function ownConstraints(pod: Pod, when: 'DoNotSchedule' | 'ScheduleAnyway'): Constraint[] {
  const own = pod.spec?.topologySpreadConstraints ?? [];
  return own
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
    .map((constraint) => ({
      topologyKey: constraint.topologyKey,
      maxSkew: constraint.maxSkew,
      minDomains: constraint.minDomains ?? 1,
      counts: labelSelectorMatcher(withLabelKeys(pod, constraint)),
      includes: (node) => includesNode(pod, constraint, node),
    }));
}

/** The constraint's selector, narrowed to Pods with the same values of `matchLabelKeys`. */
function withLabelKeys(pod: Pod, constraint: TopologySpreadConstraint): LabelSelector | undefined {
  const same = (constraint.matchLabelKeys ?? []).flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: 'In', values: [value] }];
  });
  if (constraint.labelSelector === undefined || same.length === 0) return constraint.labelSelector;
  const { matchExpressions = [] } = constraint.labelSelector;
  return { ...constraint.labelSelector, matchExpressions: [...matchExpressions, ...same] };
}

function includesNode(pod: Pod, constraint: TopologySpreadConstraint, node: NodeInfo): boolean {
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !matchesNode(pod, node)) return false;
  if ((constraint.nodeTaintsPolicy ?? 'Ignore') === 'Ignore') return true;
  const hard = (node.node?.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  return hard.every((taint) => toleratesTaint(pod.spec?.tolerations, taint));
}

/**
 * What kube-scheduler prefers for a Pod without constraints (`systemDefaultConstraints`): to spread the Pods of the same Services and the same
 * owner over hosts and zones.
 */
export function defaultConstraints({ pod, client }: Cycle): Constraint[] {
  const matchers = [...serviceMatchers(pod, client), ...ownerMatchers(pod, client)];
  if (matchers.length === 0) return [];
  const counts: LabelMatcher = (labels) => matchers.every((matches) => matches(labels));
  const includes = (node: NodeInfo): boolean => matchesNode(pod, node);
  return [
    { topologyKey: HOSTNAME, maxSkew: 3, minDomains: 1, counts, includes },
    { topologyKey: ZONE, maxSkew: 5, minDomains: 1, counts, includes },
  ];
}

function serviceMatchers(pod: Pod, client: Cycle['client']): LabelMatcher[] {
  const matchers = client
    .list('services', pod.metadata.namespace ?? '')
    .map(({ spec }) => mapSelectorMatcher(spec?.selector));
  return matchers.filter((matches) => matches(pod.metadata.labels));
}

function ownerMatchers(pod: Pod, client: Cycle['client']): LabelMatcher[] {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind !== 'ReplicaSet') return [];
  const replicaSet = client.get('replicasets', pod.metadata.namespace ?? '', owner.name);
  return replicaSet === undefined ? [] : [labelSelectorMatcher(replicaSet.spec?.selector)];
}

export function countMatching(constraint: Constraint, node: NodeInfo, namespace: string | undefined): number {
  let count = 0;
  for (const { pod } of node.pods) {
    const { metadata } = pod;
    if (metadata.deletionTimestamp !== undefined || metadata.namespace !== namespace) continue;
    if (constraint.counts(metadata.labels)) count++;
  }
  return count;
}
