/** Three-way JSON merge patches, as kubectl makes them for kinds without a strategic merge (k8s.io/apimachinery jsonmergepatch). */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Where kubectl keeps what was applied last, and where `apply` here keeps it, so that both can take turns. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The merge patch (RFC 7386) that brings `live` to `wanted`: sets what differs, and deletes what was in `last` and no longer is in `wanted`. What
 * others added to `live` stays. Lists are replaced as a whole. `undefined` where nothing is to be done.
 */
export function threeWayPatch(
  last: Json | undefined,
  wanted: Json,
  live: Json | undefined,
): Json | undefined {
  if (!isObject(wanted)) return same(wanted, live) ? undefined : wanted;
  const before = isObject(last) ? last : {};
  const now = isObject(live) ? live : {};
  const patch: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(wanted)) {
    const change = threeWayPatch(before[key], value, now[key]);
    if (change !== undefined) patch[key] = change;
  }
  for (const key of Object.keys(before)) if (!(key in wanted) && key in now) patch[key] = null;
  return Object.keys(patch).length > 0 || !isObject(live) ? patch : undefined;
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Equal, except that a list's objects in `live` may have more members than were wanted: defaults. */
function same(wanted: Json, live: Json | undefined): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) && wanted.length === live.length && wanted.every((one, i) => same(one, live[i]))
    );
  if (!isObject(wanted)) return wanted === live;
  return isObject(live) && Object.entries(wanted).every(([key, value]) => same(value, live[key]));
}
