import { BASELINE_CHECKS } from './baseline-checks.ts';
import type { Check, PodLike, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { RESTRICTED_CHECKS } from './restricted-checks.ts';

/** What of a Pod goes against a level of the Pod Security Standards, in the order in which refusals list it. */
export function violationsOf(pod: PodLike, { level, minor }: LevelVersion): Violation[] {
  if (level === 'privileged') return [];
  return checksOf(level === 'restricted', minor).flatMap((check) => check.find(pod, minor) ?? []);
}

function checksOf(isRestricted: boolean, minor: number): Check[] {
  const baseline = BASELINE_CHECKS.filter(({ since }) => since <= minor);
  if (!isRestricted) return baseline;
  const restricted = RESTRICTED_CHECKS.filter(({ since }) => since <= minor);
  const overridden = new Set(restricted.map(({ overrides }) => overrides));
  return [...baseline.filter(({ id }) => !overridden.has(id)), ...restricted];
}

/** `host namespaces (hostPID), privileged (container "c" must not …)` */
export const detailed = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');

/** `host namespaces, privileged` */
export const brief = (violations: readonly Violation[]): string =>
  violations.map(({ reason }) => reason).join(', ');
