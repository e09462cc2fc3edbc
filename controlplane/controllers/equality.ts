/**
 * Whether two API values mean the same, as `apiequality.Semantic.DeepEqual` sees it: the order of keys does not count, and absent,
 * null and empty are one.
 */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return isEmpty(one) && isEmpty(other);
  if (isList(one) && isList(other)) return sameLists(one, other);
  if (isList(one) || isList(other)) return isEmpty(one) && isEmpty(other);
  return sameFields(one, other);
}

type Fields = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isList = (value: object): value is readonly unknown[] => Array.isArray(value);

/** An empty element of a list still takes its place. */
const sameLists = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((item, index) => same(item, other[index]));

function sameFields(one: Fields, other: Fields): boolean {
  for (const key in one) if (!same(one[key], other[key])) return false;
  for (const key in other) if (!(key in one) && !isEmpty(other[key])) return false;
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

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
