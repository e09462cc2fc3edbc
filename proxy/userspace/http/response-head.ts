/** What an endpoint's answer begins with. */
export interface ResponseHead {
  readonly status: number;
  readonly message: string;
  /** Names and values in turn, without those that are about the connection to the endpoint alone. */
  readonly headers: string[];
  readonly chunked: boolean;
  /** Of the body; undefined: it says none. */
  readonly length: number | undefined;
  readonly keepAlive: boolean;
  /** Seconds after which the endpoint closes the connection when it is idle, where it says so. */
  readonly idleSeconds: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([^\r\n]*))?\r?$/;
/** Sixteen digits could be more than a number holds exactly. */
const LENGTH = /^\d{1,15}$/;
const TIMEOUT = /(?:^|[,;\s])timeout=(\d{1,6})/i;

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;

interface Draft {
  headers: string[];
  chunked: boolean;
  length: number | undefined;
  connection: string | undefined;
  trailer: string | undefined;
  idleSeconds: number | undefined;
}

/** `text`: a head with or without its empty line. Throws on what is none, or could be understood in two ways. */
export function parseHead(text: string): ResponseHead {
  const lineEnd = text.indexOf('\n');
  const line = STATUS_LINE.exec(lineEnd === -1 ? text : text.slice(0, lineEnd));
  if (line === null) throw new Error('the answer is not HTTP');
  const draft = readHeaders(text, lineEnd === -1 ? text.length : lineEnd + 1);
  const minor = line[1];
  if (draft.chunked && minor === '0') throw new Error('an answer of HTTP/1.0 cannot be chunked');
  const options = draft.connection?.toLowerCase();
  const keepAlive =
    minor === '1' ? !options?.includes('close') : options !== undefined && options.includes('keep-alive');
  // Trailers need chunks, which an answer with a length has not.
  if (draft.trailer !== undefined && draft.chunked) draft.headers.push('Trailer', draft.trailer);
  return {
    status: Number(line[2]),
    message: line[3] ?? '',
    headers: options === undefined ? draft.headers : withoutNamed(draft.headers, options),
    chunked: draft.chunked,
    // A message with both is how one is smuggled in another: the length does not count, and is not passed on (RFC 9112, 6.3).
    length: draft.chunked ? undefined : draft.length,
    keepAlive: keepAlive && !(draft.chunked && draft.length !== undefined),
    idleSeconds: draft.idleSeconds,
  };
}

/** Names and values in turn; without those that a trailer may not change (RFC 9110, 6.5.1). */
export function parseTrailers(text: string): string[] {
  if (text === '') return [];
  return readHeaders(text, 0).headers.filter((_, i, all) => !FRAMING.has((all[i & ~1] ?? '').toLowerCase()));
}

const FRAMING = new Set(['content-length', 'transfer-encoding', 'host', 'trailer', 'connection']);

function readHeaders(text: string, start: number): Draft {
  const draft: Draft = {
    headers: [],
    chunked: false,
    length: undefined,
    connection: undefined,
    trailer: undefined,
    idleSeconds: undefined,
  };
  let position = start;
  while (position < text.length) {
    const newline = text.indexOf('\n', position);
    const end = newline === -1 ? text.length : newline;
    const stop = text.charCodeAt(end - 1) === CR ? end - 1 : end;
    if (stop > position) readHeader(text, position, stop, draft);
    position = end + 1;
  }
  // Added last, so that it stands once whatever the answer repeated.
  if (draft.length !== undefined && !draft.chunked) draft.headers.push('Content-Length', `${draft.length}`);
  return draft;
}

function readHeader(text: string, start: number, end: number, draft: Draft): void {
  const first = text.charCodeAt(start);
  if (first === SPACE || first === TAB) return unfold(text.slice(start, end).trim(), draft);
  const colon = text.indexOf(':', start);
  if (colon === -1 || colon >= end || colon === start)
    throw new Error('the answer has a header without a name');
  const name = text.slice(start, colon);
  const value = trimmed(text, colon + 1, end);
  // Only names of these lengths are about the connection.
  switch (name.length) {
    case 2:
    case 7:
    case 10:
    case 14:
    case 16:
    case 17:
      if (!takeSpecial(name.toLowerCase(), value, draft)) draft.headers.push(name, value);
      return;
    default:
      draft.headers.push(name, value);
  }
}

/** Whether the header is one of the connection's, or of the message's framing. */
function takeSpecial(name: string, value: string, draft: Draft): boolean {
  switch (name) {
    case 'connection':
      draft.connection = draft.connection === undefined ? value : `${draft.connection},${value}`;
      return true;
    case 'keep-alive':
      draft.idleSeconds = toSeconds(value);
      return true;
    case 'content-length':
      draft.length = toLength(value, draft.length);
      return true;
    case 'transfer-encoding':
      if (draft.chunked || value.toLowerCase() !== 'chunked')
        throw new Error(`the answer has the transfer coding ${value}`);
      draft.chunked = true;
      return true;
    case 'trailer':
      draft.trailer = value;
      return true;
    case 'te':
    case 'upgrade':
    case 'proxy-connection':
      return true;
    default:
      return false;
  }
}

/** A line that goes on with the one before (RFC 9112, 5.2). Of what is not in the list, folding would hide something. */
function unfold(text: string, draft: Draft): void {
  const last = draft.headers.length - 1;
  if (last < 0) throw new Error('the answer begins its headers with a space');
  draft.headers[last] += ` ${text}`;
}

function toLength(value: string, former: number | undefined): number {
  if (former === undefined && LENGTH.test(value)) return Number(value);
  const lengths = new Set(value.split(',').map((one) => one.trim()));
  const [text = ''] = lengths;
  const length = Number(text);
  if (lengths.size > 1 || !LENGTH.test(text) || (former !== undefined && former !== length))
    throw new Error('the answer has a length that is none');
  return length;
}

const toSeconds = (value: string): number | undefined => {
  const seconds = TIMEOUT.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
};

function trimmed(text: string, start: number, end: number): string {
  let first = start;
  let last = end;
  while (first < last && isSpace(text.charCodeAt(first))) first++;
  while (last > first && isSpace(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

const isSpace = (code: number): boolean => code === SPACE || code === TAB;

/** Headers that `Connection` names are the connection's too (RFC 9110, 7.6.1), but for those without which the message would be another. */
function withoutNamed(headers: string[], connection: string): string[] {
  if (connection === 'keep-alive' || connection === 'close') return headers;
  const named = new Set(connection.split(',').map((name) => name.trim()));
  return headers.filter((_, i) => {
    const name = (headers[i & ~1] ?? '').toLowerCase();
    return !named.has(name) || name === 'content-length' || name === 'date';
  });
}
