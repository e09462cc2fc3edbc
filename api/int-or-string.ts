import type { IntOrString } from './gen/types.ts';

/** `25%` → 25; undefined when it is not a percentage. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === 'number') return undefined;
  const digits = /^(\d+)%$/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * A count, or a percentage of `total` rounded by `round` (k8s.io/apimachinery `intstr.GetScaledValueFromIntOrPercent`). A string that is no
 * percentage, which the API refuses on its way in, counts as 0.
 */
export function scaledValue(value: IntOrString, total: number, round: (exact: number) => number): number {
  if (typeof value === 'number') return value;
  return round(((percentOf(value) ?? 0) * total) / 100);
}
