import { Transform, type TransformCallback } from 'node:stream';

/** How links of a proxied page are turned to lead through the proxy (apimachinery `util/proxy/transport.go`). */
export interface LinkRewrite {
  /** The path before the backend's own: `/api/v1/namespaces/default/services/web/proxy`. */
  readonly prepend: string;
  /** Names of the backend: its address, and the host that the request named. */
  readonly hosts: readonly string[];
}

/** A link that leads to the backend by an absolute path gets the prefix; all others stay as they are. */
export function rewriteLink(link: string, { prepend, hosts }: LinkRewrite): string {
  const [, scheme = '', host = '', path = '', rest = ''] =
    /^([a-zA-Z][a-zA-Z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s.exec(link) ?? [];
  if (scheme !== '' && host === '') return link;
  if (host !== '' && !hosts.includes(host)) return link;
  if (!path.startsWith('/')) return link;
  return `${path.startsWith(prepend) ? '' : prepend}${path}${rest}`;
}

/** Which attributes of which elements hold links. */
const LINKS: { readonly [element: string]: readonly string[] } = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** Elements whose content is text, whatever it looks like. */
const RAW = /^(script|style|textarea|title|xmp|iframe|noembed|noframes|plaintext)$/;
/** A tag that is longer goes on as it is: what waits for its end, and the time to read it, stay small. */
const MAX_TAG_LENGTH = 8 * 1024;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>=`]+)/g;

/** The link attributes of one start tag, rewritten; everything else of it stays byte for byte. */
function rewriteTag(tag: string, rewrite: LinkRewrite): string {
  const element = /^<([a-zA-Z][^\s/>]*)/.exec(tag)?.[1] ?? '';
  const known = Object.hasOwn(LINKS, element.toLowerCase()) ? LINKS[element.toLowerCase()]! : [];
  if (known.length === 0 || tag.length > MAX_TAG_LENGTH) return tag;
  const start = element.length + 1;
  const attributes = tag
    .slice(start)
    .replace(ATTRIBUTE, (whole, name: string, equals: string, value: string) => {
      if (!known.includes(name.toLowerCase())) return whole;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      const link = value.slice(quote.length, value.length - quote.length);
      return `${name}${equals}${quote}${rewriteLink(link, rewrite)}${quote}`;
    });
  return tag.slice(0, start) + attributes;
}

/** The end of the tag that starts at `at`, after its `>`; -1 when it is not there yet. Quoted values may hold a `>`. */
function endOfTag(text: string, at: number): number {
  let quote = '';
  for (let index = at + 1; index < text.length; index += 1) {
    const character = text[index]!;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '>') return index + 1;
    else if (
      (character === '"' || character === "'") &&
      /=\s*$/.test(text.slice(Math.max(at, index - 8), index))
    )
      quote = character;
  }
  return -1;
}

/** Rewrites the links of an HTML page as it passes. Bytes are taken as they are, so any encoding that extends ASCII will do. */
export class HtmlLinks extends Transform {
  readonly #rewrite: LinkRewrite;
  #rest = '';
  /** Text up to this is not looked at: the end of a comment or of an element with raw text. */
  #until: RegExp | undefined;

  constructor(rewrite: LinkRewrite) {
    super();
    this.#rewrite = rewrite;
  }

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest += data.toString('latin1');
    done(null, Buffer.from(this.#take(false), 'latin1'));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.#take(true), 'latin1'));
  }

  /** What of the text read so far can go on, rewritten. */
  #take(isLast: boolean): string {
    const text = this.#rest;
    let out = '';
    let at = 0;
    while (at < text.length) {
      const [end, piece] = this.#until === undefined ? this.#next(text, at) : this.#skip(text, at);
      const isStuck = end === -1;
      if (isStuck && !isLast && text.length - at < MAX_TAG_LENGTH) break;
      out += isStuck ? text.slice(at) : piece;
      at = isStuck ? text.length : end;
    }
    this.#rest = text.slice(at);
    return out;
  }

  /** Text up to the next tag, or a tag; -1: more of it is needed. */
  #next(text: string, at: number): [number, string] {
    const open = text.indexOf('<', at);
    if (open === -1) return [text.length, text.slice(at)];
    if (open > at) return [open, text.slice(at, open)];
    if (text.startsWith('<!--', at)) {
      this.#until = /-->/g;
      return [at + 4, '<!--'];
    }
    if (text.length - at < 4) return [-1, ''];
    if (!/^<[a-zA-Z/!?]/.test(text.slice(at, at + 2))) return [at + 1, '<'];
    const end = endOfTag(text, at);
    if (end === -1) return [-1, ''];
    const tag = text.slice(at, end);
    const element = /^<([a-zA-Z][^\s/>]*)/.exec(tag)?.[1]?.toLowerCase() ?? '';
    if (RAW.test(element)) this.#until = new RegExp(`</${element}`, 'gi');
    return [end, rewriteTag(tag, this.#rewrite)];
  }

  /** Text that is not looked at; its last bytes wait, because the end may begin in them. */
  #skip(text: string, at: number): [number, string] {
    const pattern = this.#until!;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) {
      const safe = Math.max(at, text.length - 16);
      return safe > at ? [safe, text.slice(at, safe)] : [-1, ''];
    }
    this.#until = undefined;
    // An end tag is read as a tag.
    const end = found[0] === '-->' ? found.index + 3 : found.index;
    return [end, text.slice(at, end)];
  }
}
