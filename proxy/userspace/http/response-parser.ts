import { HeadBuffer } from './head-buffer.ts';
import { parseHead, parseTrailers, type ResponseHead } from './response-head.ts';

/** Hears of an endpoint's answer as it comes. */
export interface ResponseSink {
  /** 1xx; any number of them before `head`. */
  informational(head: ResponseHead): void;
  head(head: ResponseHead): void;
  /** `last`: nothing but `end` follows. The bytes are there during the call only. */
  body(bytes: Buffer, start: number, end: number, last: boolean): void;
  /** `trailers`: names and values in turn. */
  end(trailers: readonly string[]): void;
}

/** Bytes of a chunk's size with its extensions, and of all trailers. */
const LONGEST_SIZE_LINE = 1024;
const LONGEST_TRAILERS = 65_536;
/** Sixteen digits could be more than a number holds exactly. */
const CHUNK_SIZE = /^([0-9a-fA-F]{1,13})[ \t]*(;|$)/;

type State = 'idle' | 'head' | 'length' | 'close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers';

/**
 * Reads one endpoint's answers off a connection, one after another (RFC 9112). It is strict about where a message ends, since the next answer
 * on the connection may be for somebody else, and otherwise leaves headers as they are. Every method throws on what is not HTTP; the
 * connection is of no use then.
 */
export class ResponseParser {
  #state: State = 'idle';
  #sink: ResponseSink | undefined;
  #toHead = false;
  #keepAlive = false;
  /** Bytes of the body or chunk that are still to come. */
  #left = 0;
  readonly #head = new HeadBuffer();
  #line = '';
  #trailers = '';

  /** An answer is expected from here on. `method`: of the request that it answers. */
  begin(method: string, sink: ResponseSink): void {
    this.#state = 'head';
    this.#sink = sink;
    this.#toHead = method === 'HEAD';
  }

  /** No answer is expected. */
  get idle(): boolean {
    return this.#state === 'idle';
  }

  /** Whether the last answer leaves the connection fit for another request. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** Takes the first `length` bytes. */
  execute(chunk: Buffer, length: number): void {
    let position = 0;
    while (position < length) position = this.#step(chunk, position, length);
  }

  /** The endpoint sends no more: an answer without a length ends by that. */
  finish(): void {
    if (this.#state === 'close') this.#end([]);
    if (this.#state !== 'idle') throw new Error('the endpoint broke off its answer');
  }

  #step(chunk: Buffer, position: number, length: number): number {
    switch (this.#state) {
      case 'idle':
        throw new Error('the endpoint sent more than its answer');
      case 'head':
        return this.#readHead(chunk, position, length);
      case 'length':
      case 'chunk-data':
        return this.#readBody(chunk, position, length);
      case 'close':
        this.#sink?.body(chunk, position, length, false);
        return length;
      default:
        return this.#readLine(chunk, position, length);
    }
  }

  #readHead(chunk: Buffer, position: number, length: number): number {
    const found = this.#head.add(chunk, position, length);
    if (found === undefined) return length;
    const head = parseHead(found.text);
    this.#beginBody(head);
    return found.end;
  }

  #beginBody(head: ResponseHead): void {
    if (head.status === 101) throw new Error('the endpoint switches protocols without being asked');
    if (head.status < 200) return this.#sink?.informational(head);
    this.#keepAlive = head.keepAlive;
    const bodiless = this.#toHead || head.status === 204 || head.status === 304;
    this.#left = head.length ?? 0;
    if (bodiless || (!head.chunked && head.length === 0)) {
      this.#sink?.head(head);
      return this.#end([]);
    }
    this.#state = head.chunked ? 'chunk-size' : head.length === undefined ? 'close' : 'length';
    if (this.#state === 'close') this.#keepAlive = false;
    this.#sink?.head(head);
  }

  #readBody(chunk: Buffer, position: number, length: number): number {
    const end = Math.min(position + this.#left, length);
    this.#left -= end - position;
    const last = this.#left === 0 && this.#state === 'length';
    this.#sink?.body(chunk, position, end, last);
    if (last) this.#end([]);
    else if (this.#left === 0) this.#state = 'chunk-end';
    return end;
  }

  #readLine(chunk: Buffer, position: number, length: number): number {
    const found = chunk.indexOf(0x0a, position);
    // What lies behind `length` came earlier.
    const newline = found < length ? found : -1;
    const end = newline === -1 ? length : newline;
    this.#line += chunk.toString('latin1', position, end);
    const limit = this.#state === 'trailers' ? LONGEST_TRAILERS : LONGEST_SIZE_LINE;
    if (this.#line.length > limit) throw new Error('a chunk of the answer has too long a line');
    if (newline === -1) return length;
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#takeLine(line);
    return newline + 1;
  }

  #takeLine(line: string): void {
    if (this.#state === 'chunk-size') return this.#takeSize(line);
    if (this.#state === 'trailers') return this.#takeTrailer(line);
    if (line !== '') throw new Error('a chunk of the answer is longer than it says');
    this.#state = 'chunk-size';
  }

  #takeSize(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw new Error('a chunk of the answer has no size');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
  }

  #takeTrailer(line: string): void {
    if (line === '') return this.#end(parseTrailers(this.#trailers));
    this.#trailers += `${line}\r\n`;
    if (this.#trailers.length > LONGEST_TRAILERS) throw new Error('the answer has too long trailers');
  }

  #end(trailers: readonly string[]): void {
    const sink = this.#sink;
    this.#state = 'idle';
    this.#sink = undefined;
    this.#trailers = '';
    sink?.end(trailers);
  }
}
