import type { IntOrString } from './gen/types.ts';

/** `25%` → 25; undefined when it is not a percentage. */
export function percentOf(value: IntOrString): number | undefined {
  if (typeof value === 'number') return undefined;
  const digits = /^(\d+)%$/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * A count, or a percentage of `total` (k8s.io/apimachinery `intstr.GetScaledValueFromIntOrPercent`).
 * Throws on a string that is not a percentage.
 */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) throw new Error(`invalid value for IntOrString: ${JSON.stringify(value)}`);
  const exact = (percent * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}
