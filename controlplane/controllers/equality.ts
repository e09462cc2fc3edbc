/**
 * Whether two API values mean the same, as `apiequality.Semantic.DeepEqual` sees it: the order of keys does not count, and absent,
 * null and empty are one.
 */
export const same = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);

/** JSON with sorted keys and without what is absent, null or empty. */
export const canonical = (value: unknown): string => JSON.stringify(tidy(value)) ?? '';

function tidy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value ?? undefined;
  // An empty element of a list still takes its place.
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((one) => tidy(one) ?? null);
  const entries = Object.entries(value)
    .map(([key, one]) => [key, tidy(one)] as const)
    .filter(([, one]) => one !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
