/** A JSON text that Go's encoding/json refuses; the message is Go's. */
export class JsonSyntaxError extends Error {}

const END = 'unexpected end of JSON input';
/** Go's decoders stop at 10,000; what comes after the scan recurses, and has to stay within the stack. */
export const MAX_DEPTH = 1000;

/**
 * Walks over a JSON text and returns the paths of fields that an object has more than once (`spec.containers[0].name`), in order, each
 * once. Throws `JsonSyntaxError` with the words of Go's encoding/json scanner.
 */
export function scanJson(text: string): string[] {
  const scanner = new Scanner(text);
  scanner.value('');
  scanner.space();
  if (!scanner.atEnd()) throw scanner.unexpected('after top-level value');
  return [...scanner.duplicates];
}

const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, 0x0a]);

class Scanner {
  readonly duplicates = new Set<string>();
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  unexpected(where: string): JsonSyntaxError {
    if (this.atEnd()) return new JsonSyntaxError(END);
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    return new JsonSyntaxError(`invalid character ${quote(character)} ${where}`);
  }

  space(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  value(path: string): void {
    this.space();
    const first = this.#text.charAt(this.#at);
    if (first === '{') this.#nested(() => this.#object(path));
    else if (first === '[') this.#nested(() => this.#array(path));
    else if (first === '"') this.#string();
    else if (first === '-' || (first >= '0' && first <= '9')) this.#number();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else throw this.unexpected('looking for beginning of value');
  }

  #nested(read: () => void): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth');
    this.#at += 1;
    read();
    this.#depth -= 1;
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.space();
    if (this.#take('}')) return;
    for (;;) {
      this.space();
      if (this.#text.charAt(this.#at) !== '"') {
        throw this.unexpected('looking for beginning of object key string');
      }
      const key = this.#string();
      const field = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.duplicates.add(field);
      seen.add(key);
      this.space();
      if (!this.#take(':')) throw this.unexpected('after object key');
      this.value(field);
      this.space();
      if (this.#take('}')) return;
      if (!this.#take(',')) throw this.unexpected('after object key:value pair');
    }
  }

  #array(path: string): void {
    this.space();
    if (this.#take(']')) return;
    for (let index = 0; ; index += 1) {
      this.value(`${path}[${index}]`);
      this.space();
      if (this.#take(']')) return;
      if (!this.#take(',')) throw this.unexpected('after array element');
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const character = this.#text.charAt(this.#at);
      if (character === '' || character < ' ') throw this.unexpected('in string literal');
      if (character === '"') break;
      this.#at += 1;
      if (character === '\\') this.#escape();
    }
    this.#at += 1;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    const code = this.#text.charAt(this.#at);
    if (code === '' || !'"\\/bfnrtu'.includes(code)) throw this.unexpected('in string escape code');
    this.#at += 1;
    if (code !== 'u') return;
    for (let digit = 0; digit < 4; digit += 1, this.#at += 1) {
      if (!/[0-9a-fA-F]/.test(this.#text.charAt(this.#at))) {
        throw this.unexpected('in \\u hexadecimal character escape');
      }
    }
  }

  #number(): void {
    if (this.#take('-') && !this.#digit()) throw this.unexpected('in numeric literal');
    if (!this.#take('0')) this.#digits();
    if (this.#take('.')) {
      if (!this.#digit()) throw this.unexpected('after decimal point in numeric literal');
      this.#digits();
    }
    if (!this.#take('e') && !this.#take('E')) return;
    if (!this.#take('+')) this.#take('-');
    if (!this.#digit()) throw this.unexpected('in exponent of numeric literal');
    this.#digits();
  }

  #literal(word: string): void {
    this.#at += 1;
    for (const expected of word.slice(1)) {
      if (!this.#take(expected)) throw this.unexpected(`in literal ${word} (expecting ${quote(expected)})`);
    }
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }

  #digit(): boolean {
    const character = this.#text.charAt(this.#at);
    return character >= '0' && character <= '9';
  }

  #digits(): void {
    while (this.#digit()) this.#at += 1;
  }
}

function quote(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
