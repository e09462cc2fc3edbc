const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of a GEP-2257 duration (`1h30m`, `500ms`). */
export function durationOf(text: string | undefined): number {
  let sum = 0;
  for (const [, amount, unit] of (text ?? '').matchAll(/(\d+)(ms|h|m|s)/g))
    sum += Number(amount) * UNITS[unit!]!;
  return sum;
}
