/**
 * The hosts for which a route is served at a listener: what both allow (HTTPRouteSpec.hostnames). '' is any host, and a `*` stands for one or more
 * labels. Empty: they have nothing in common.
 */
export function commonHosts(listener: string, route: readonly string[]): string[] {
  if (route.length === 0) return [listener];
  const common = route.flatMap((host) => {
    if (covers(listener, host)) return [host];
    return covers(host, listener) ? [listener] : [];
  });
  return [...new Set(common)];
}

/** Whether all that `host` stands for is among what `pattern` stands for. */
function covers(pattern: string, host: string): boolean {
  if (pattern === '' || pattern === host) return true;
  if (!pattern.startsWith('*.')) return false;
  const suffix = pattern.slice(1);
  // `*.a` covers `b.a` and `*.b.a`, not `a`.
  return host.endsWith(suffix) && host.length > suffix.length && host !== `*${suffix}`;
}
