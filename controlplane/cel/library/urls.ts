import { CelRuntimeError } from '../errors.ts';
import { overload } from '../overload.ts';
import { CelList, makeMap, type Opaque } from '../values.ts';

const ABSOLUTE_RE =
  /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;
const OPAQUE_RE = /^([a-zA-Z][a-zA-Z0-9+.-]*):([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;
const PATH_RE = /^(\/[^?#]*)(?:\?([^#]*))?(?:#.*)?$/;
// oxlint-disable-next-line no-control-regex -- Go refuses control characters.
const BAD_RE = /[\s\u0000-\u001f\u007f]|%(?![0-9A-Fa-f]{2})/;

/** Go's `url.ParseRequestURI` of an absolute URI or path. */
class Url implements Opaque {
  readonly celType = 'kubernetes.URL';
  readonly scheme: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;

  constructor(text: string) {
    const absolute = ABSOLUTE_RE.exec(text);
    const [, scheme = '', hostname = '', port = '', path = '', query = ''] = absolute ?? [];
    const [, onlyPath = '', itsQuery = ''] = absolute === null ? (PATH_RE.exec(text) ?? []) : [];
    this.scheme = scheme.toLowerCase();
    this.hostname = hostname;
    this.port = port;
    this.path = escapedPath(path || onlyPath);
    this.query = query || itsQuery;
    this.text = text;
  }

  equals(other: Url): boolean {
    return this.text === other.text;
  }
}

const escapedPath = (path: string): string => encodeURI(path).replaceAll('%25', '%');

const isUrl = (text: string): boolean =>
  !BAD_RE.test(text) && (ABSOLUTE_RE.test(text) || PATH_RE.test(text) || OPAQUE_RE.test(text));

function parseUrl(text: string): Url {
  if (!isUrl(text))
    throw new CelRuntimeError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return new Url(text.toWellFormed());
}

const hostOf = ({ hostname, port }: Url): string => (port === '' ? hostname : `${hostname}:${port}`);

function queryOf({ query }: Url) {
  const values = new Map<string, CelList>();
  for (const [name, value] of new URLSearchParams(query)) {
    const list = values.get(name) ?? new CelList();
    list.push(value);
    values.set(name, list);
  }
  return makeMap([...values]);
}

const URL_TYPE = 'kubernetes.URL';

/** apiserver `pkg/cel/library/urls.go`. */
export const URLS = [
  overload(`url(string): ${URL_TYPE}`, ([text]: [string]) => parseUrl(text)),
  overload('isURL(string): bool', ([text]: [string]) => isUrl(text)),
  overload(`${URL_TYPE}.getScheme(): string`, ([url]: [Url]) => url.scheme),
  overload(`${URL_TYPE}.getHost(): string`, ([url]: [Url]) => hostOf(url)),
  overload(`${URL_TYPE}.getHostname(): string`, ([url]: [Url]) => url.hostname.replace(/^\[(.*)\]$/, '$1')),
  overload(`${URL_TYPE}.getPort(): string`, ([url]: [Url]) => url.port),
  overload(`${URL_TYPE}.getEscapedPath(): string`, ([url]: [Url]) => url.path),
  overload(`${URL_TYPE}.getQuery(): map<string, list<string>>`, ([url]: [Url]) => queryOf(url)),
];
