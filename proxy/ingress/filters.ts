import type { HttpFilter, HttpHeaderFilter, HttpListener, HttpPathChange } from '#api/http-routes.ts';
import type { Candidate } from './match.ts';

/** Headers as Node has them: by lower-case name; `set-cookie` as a list. */
export type Headers = Record<string, string | string[] | number | undefined>;

type Redirect = Extract<HttpFilter, { type: 'redirect' }>;

export function changeHeaders(
  headers: Headers,
  filters: readonly HttpFilter[],
  type: HttpHeaderFilter['type'],
): void {
  for (const filter of filters) if (filter.type === type) changeBy(headers, filter);
}

/** HTTPHeaderFilter: what is set replaces, what is added comes after, what is removed goes. */
function changeBy(headers: Headers, { set, add, remove }: HttpHeaderFilter): void {
  for (const name of remove) delete headers[name];
  for (const { name, value } of set) headers[name] = value;
  for (const { name, value } of add) {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else headers[name] = Array.isArray(before) ? [...before, value] : `${before},${value}`;
  }
}

/** The path that the match's prefix, or all of it, is replaced in. */
export function changePath(path: string, change: HttpPathChange | undefined, candidate: Candidate): string {
  if (change === undefined) return path;
  if (change.type === 'full') return change.value;
  const { type, value } = candidate.match.path;
  if (type !== 'Prefix') return path;
  const rest = path.slice(value.endsWith('/') ? value.length - 1 : value.length);
  const start = change.value.endsWith('/') ? change.value.slice(0, -1) : change.value;
  return `${start}${rest}` === '' ? '/' : `${start}${rest}`;
}

const SCHEME_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** The `Location` of a redirect (HTTPRequestRedirectFilter: what it does not name stays; the port follows a scheme that it names). */
export function locationOf(
  redirect: Redirect,
  request: { readonly host: string; readonly path: string; readonly search: string },
  listener: HttpListener,
  candidate: Candidate,
): string {
  const scheme = redirect.scheme ?? (listener.protocol === 'HTTPS' ? 'https' : 'http');
  const port =
    redirect.port ??
    (redirect.scheme === undefined ? listener.port : (SCHEME_PORTS[scheme] ?? listener.port));
  const host = redirect.hostname ?? request.host;
  const path = changePath(request.path, redirect.path, candidate);
  return `${scheme}://${host}${port === SCHEME_PORTS[scheme] ? '' : `:${port}`}${path}${request.search}`;
}
