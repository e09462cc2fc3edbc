import type { Kinds } from '#api/resources.ts';
import type { Store } from '../../../store/store.ts';
import { brief, violationsOf } from './evaluate.ts';
import { podLike } from './pod-like.ts';
import { printLevel, type LevelVersion } from './policy.ts';

/** Of a larger namespace only so many Pods are looked at, as in Kubernetes. */
const MAX_PODS = 3000;

/** Warnings of the Pods that are in a namespace already and go against what it enforces from now on (`EvaluatePodsInNamespace`). */
export function warningsOfExisting(namespace: string, enforce: LevelVersion, store: Store): string[] {
  const entries = store.list('pods', namespace);
  const names = new Map<string, string[]>();
  for (const { object } of entries.slice(0, MAX_PODS)) {
    const pod = object as unknown as Kinds['pods'];
    const violations = violationsOf(podLike(pod.metadata.annotations, pod.spec!), enforce);
    if (violations.length === 0) continue;
    const why = brief(violations);
    names.set(why, [...(names.get(why) ?? []), pod.metadata.name]);
  }
  const checked = `new PodSecurity enforce level only checked against the first ${MAX_PODS} of ${entries.length} existing pods`;
  const found = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${printLevel(enforce)}"`;
  return [
    ...(entries.length > MAX_PODS ? [checked] : []),
    ...(names.size > 0 ? [found] : []),
    ...[...names].map(([why, pods]) => `${printNames(pods)}: ${why}`).toSorted(),
  ];
}

function printNames(names: readonly string[]): string {
  const first = names.toSorted()[0]!;
  if (names.length === 1) return first;
  return `${first} (and ${names.length - 1} other ${names.length === 2 ? 'pod' : 'pods'})`;
}
