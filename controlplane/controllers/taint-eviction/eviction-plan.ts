import type { Taint, Toleration } from '#api/gen/types.ts';
import { tolerates } from '#api/tolerations.ts';

/**
 * How long a Pod may stay on a node with these NoExecute taints, in milliseconds: 0 when it does not tolerate one of them, undefined when it may
 * stay for good (`GetMatchingTolerations`, `getMinTolerationTime`).
 */
export function toleratedFor(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] | undefined,
): number | undefined {
  const used = taints.map((taint) => (tolerations ?? []).find((one) => tolerates(one, taint)));
  if (used.some((toleration) => toleration === undefined)) return 0;
  const seconds = used.flatMap((toleration) => toleration?.tolerationSeconds ?? []);
  return seconds.length === 0 ? undefined : Math.max(0, Math.min(...seconds)) * 1000;
}
